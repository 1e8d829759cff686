import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type { PeerProcess } from './swarm-processes.ts'

/** Whether there can be a `Network` on this machine: it must be able to tell who connects. */
export const canCut = existsSync('/proc/net/tcp')

const STATE_LISTENING = '0A'

/** A way into a peer. */
export interface Gateway {
  /** What the peer is to announce, so that others come this way. */
  readonly address: string
  /** Sets whom it leads to. */
  leadTo(peer: PeerProcess): void
}

interface Passage {
  readonly near: Socket
  readonly ends: readonly [from: PeerProcess | undefined, to: PeerProcess]
  far?: Socket
}

/**
 * What is between peers of which each announces a gateway: it can cut one off, so that nothing comes to it or goes from
 * it, and no one is told; what was on its way goes on when it is let back.
 */
export class Network {
  readonly #t: TestContext
  readonly #peers = new Set<PeerProcess>()
  readonly #passages = new Set<Passage>()
  readonly #cut = new Set<PeerProcess>()

  constructor(t: TestContext) {
    this.#t = t
  }

  async gateway(): Promise<Gateway> {
    let to: PeerProcess | undefined
    const server = createServer({ pauseOnConnect: true }, near => {
      if (to === undefined) near.destroy()
      else this.#enter(near, to)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    this.#t.after(() => {
      server.close()
      for (const { near, far } of this.#passages) {
        near.destroy()
        far?.destroy()
      }
    })
    return {
      address: `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}`,
      leadTo: peer => {
        to = peer
        this.#peers.add(peer)
      }
    }
  }

  cut(peer: PeerProcess): void {
    this.#cut.add(peer)
    for (const passage of this.#passages) if (this.#isCut(passage)) hold(passage)
  }

  restore(peer: PeerProcess): void {
    this.#cut.delete(peer)
    for (const passage of this.#passages) if (!this.#isCut(passage)) this.#open(passage)
  }

  #enter(near: Socket, to: PeerProcess): void {
    const from = [...this.#peers].find(peer => socketsOf(peer).some(({ local }) => local === near.remotePort))
    const passage: Passage = { near, ends: [from, to] }
    this.#passages.add(passage)
    this.#tie(passage, near)
    if (!this.#isCut(passage)) this.#open(passage)
  }

  #open(passage: Passage): void {
    const { near, ends } = passage
    const port = passage.far === undefined ? portOf(ends[1]) : 0
    if (near.destroyed || passage.far?.destroyed || port === undefined) {
      this.#end(passage)
      return
    }
    if (passage.far === undefined) {
      passage.far = connect(port, '127.0.0.1')
      this.#tie(passage, passage.far)
    }
    near.pipe(passage.far).pipe(near)
  }

  /** When one end of a passage closes, so does the other, unless it is cut: then no one is told. */
  #tie(passage: Passage, socket: Socket): void {
    socket.on('error', () => {})
    socket.on('close', () => {
      if (!this.#isCut(passage)) this.#end(passage)
    })
  }

  #end(passage: Passage): void {
    this.#passages.delete(passage)
    passage.near.destroy()
    passage.far?.destroy()
  }

  #isCut({ ends }: Passage): boolean {
    return ends.some(peer => peer !== undefined && this.#cut.has(peer))
  }
}

function hold({ near, far }: Passage): void {
  if (far === undefined) return
  near.unpipe(far).pause()
  far.unpipe(near).pause()
}

/** Where a peer listens for others, if it does; it listens for those who ask for its status too. */
function portOf(peer: PeerProcess): number | undefined {
  const status = Number(new URL(peer.statusAddress ?? 'http://none:0').port)
  const listening = socketsOf(peer).filter(
    ({ state, local }) => state === STATE_LISTENING && local !== status
  )
  return listening.length === 1 ? listening[0].local : undefined
}

/** The TCP sockets of a peer's process: their own ports and their states. */
function socketsOf({ pid }: PeerProcess): { local: number; state: string }[] {
  const inodes = new Set<string>()
  for (const name of openFiles(pid)) {
    try {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`)) ?? []
      if (inode !== undefined) inodes.add(inode)
    } catch {
      // Closed since the folder was read.
    }
  }
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .slice(1)
    .map(line => line.trim().split(/\s+/))
    .filter(fields => inodes.has(fields[9] ?? ''))
    .map(([, local = '', , state = '']) => ({ local: Number.parseInt(local.split(':')[1] ?? '', 16), state }))
}

function openFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`)
  } catch {
    return [] // the process has ended
  }
}
