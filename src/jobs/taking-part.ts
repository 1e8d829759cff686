// How a job takes part in a swarm: what it trains of its input, and when it lets out what it has learned.

import { living, part, shard } from '../dataflow/shard.ts'
import { share } from '../dataflow/share.ts'
import type { Held, Operator, Replica, Swarm } from '../types.ts'
import type { JobModel } from './job.ts'

/** How a job takes part in a swarm. */
export interface SwarmPart {
  /**
   * Joins with a model that has just been opened, or with none; `job` is what all must have the same, `held` what a saved model
   * holds.
   */
  join(
    model: Pick<JobModel, 'shared'> | undefined,
    job: Readonly<Record<string, unknown>>,
    held?: Held
  ): Promise<Swarm>
  /**
   * Which lines this peer trains: its share among the live peers that read the same text (`auto`), part `index` of `count`
   * (from 1), or all. Default auto.
   */
  readonly shard?: 'auto' | 'none' | { readonly index: number; readonly count: number }
  /** What the peers that read the same text call it; empty where it is this peer's own, which it then trains whole. */
  readonly source: string
  /** Words trained between two packs, however little time that takes. Default as in `share`. */
  readonly exchangeEvery?: number
}

/** What a job's flow needs to take part. */
export interface TakingPart {
  /** Makes a replica let out what it learns, as often as the part says. */
  readonly share: <Item>(replica: Replica<Item>) => Replica<Item>
  /** Keeps the lines that are this peer's to train. */
  readonly shard: Operator<string, string>
}

/** How a flow takes part in a swarm; alone, it trains all it reads and lets out nothing. `finished` as for `share`. */
export function takingPart(
  part: SwarmPart | undefined,
  swarm: Swarm | undefined,
  finished: () => boolean
): TakingPart {
  if (part === undefined || swarm === undefined) return { share: replica => replica, shard: lines => lines }
  const { exchangeEvery: interval } = part
  return {
    share: share(swarm, { finished, ...(interval !== undefined && { interval, strict: true }) }),
    shard: shardOf(part, swarm)
  }
}

function shardOf({ shard: way = 'auto', source }: SwarmPart, swarm: Swarm): Operator<string, string> {
  if (way === 'none' || (way === 'auto' && source === '')) return lines => lines
  if (way !== 'auto') return shard(part(way.index, way.count))
  const peers = () =>
    swarm
      .status()
      .members.filter(member => member.source === source)
      .map(member => member.peer)
  return shard(living(peers, swarm.peer))
}
