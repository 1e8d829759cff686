import type { LinkStatus, MemberStatus, Swarm, SwarmStatus } from '../../src/types.ts'

const link: LinkStatus = {
  peer: '12D3KooWparent01',
  role: 'parent',
  bytesIn: 5_000_000,
  bytesOut: 2_500_000,
  bytesInPerSecond: 1_000_000,
  bytesOutPerSecond: 600_000,
  unacknowledged: 2,
  waiting: 3
}

/** A member as others know it. */
export function member(peer: string, more: Partial<MemberStatus> = {}): MemberStatus {
  return {
    peer,
    addresses: [],
    start: 1_700_000_000_000,
    words: 1_234_567,
    source: '',
    position: 0,
    finished: false,
    ...more
  }
}

/** A peer of three with a parent and a child. */
export const status: SwarmStatus = {
  swarm: 'news',
  peer: '12D3KooWmyself02',
  root: false,
  links: [
    link,
    {
      ...link,
      peer: '12D3KooWachild03',
      role: 'child',
      bytesInPerSecond: 200_000,
      bytesOutPerSecond: 200_000
    }
  ],
  members: [
    member('12D3KooWparent01', {
      start: 1_699_999_000_000,
      source: '0123456789abcdef',
      position: 42_000_000
    }),
    member('12D3KooWmyself02'),
    member('12D3KooWachild03', { finished: true })
  ],
  bytesIn: 10_000_000,
  bytesOut: 5_000_000,
  channels: [
    {
      peer: '12D3KooWachild03',
      names: ['by room', 'lines'],
      bytesIn: 7_000_000,
      bytesOut: 40_000,
      bytesInPerSecond: 300_000,
      bytesOutPerSecond: 2_000,
      waitingBytes: 65_536
    }
  ],
  channelBytesIn: 8_000_000,
  channelBytesOut: 50_000,
  packs: 7,
  framesApplied: 11,
  stalenessMean: 120,
  stalenessMax: 300,
  applyShare: 0.042,
  rejected: { oversize: 2, 'bad "rows"': 1 }
}

/** A swarm that is in whatever `status` says now. */
export function handMadeSwarm(status: () => SwarmStatus): Swarm {
  return {
    peer: status().peer,
    status,
    report: () => {},
    channel: () => ({
      peer: status().peer,
      members: [status().peer],
      send: () => {},
      close: async () => {}
    }),
    held: { start: 0, vector: {} },
    exchange: async () => true,
    alone: act => act(),
    settled: async () => {},
    lost: new Promise(() => {}),
    leave: async () => {}
  }
}
