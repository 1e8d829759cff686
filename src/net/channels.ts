import type { Channel, ChannelHandler, Channels } from '../types.ts'
import type { ChannelLink } from './channel-link.ts'
import { ChannelMesh, type ChannelsStatus, type MeshOptions, type MeshOwner } from './channel-mesh.ts'
import { LONGEST_NAME, MOST_CHANNELS, type Opening } from './channel-messages.ts'
import { type ChannelPlace, OpenChannel } from './open-channel.ts'
import { ProtocolError } from './protocol-error.ts'
import { within } from './within.ts'

const CLOSE_MS = 10_000

export interface ChannelsOptions extends MeshOptions {
  /** The handler of a channel failed over an event that is nobody's fault. */
  readonly fail: (error: unknown) => void
}

/** The channels that a peer has open. */
export class PeerChannels implements Channels, ChannelPlace, MeshOwner {
  readonly peer: string
  readonly fail: (error: unknown) => void
  readonly #mesh: ChannelMesh
  readonly #byName = new Map<string, OpenChannel>()
  readonly #byNumber = new Map<number, OpenChannel>()
  #lastNumber = 0
  #left = false

  constructor({ fail, ...options }: ChannelsOptions) {
    this.peer = options.node.peer
    this.fail = fail
    this.#mesh = new ChannelMesh(options, this)
  }

  channel(name: string, hear: ChannelHandler): Channel {
    if (name.length < 1 || name.length > LONGEST_NAME || !name.isWellFormed()) {
      throw new RangeError(
        `channel: name must have 1 to ${LONGEST_NAME} characters; got ${JSON.stringify(name)}`
      )
    }
    if (this.#left) throw new Error(`channel ${name}: this peer has left the swarm`)
    if (this.#byName.has(name)) throw new Error(`channel ${name}: it is open already; close it first`)
    if (this.#byName.size >= MOST_CHANNELS) {
      throw new Error(`channel ${name}: at most ${MOST_CHANNELS} may be open; close another`)
    }
    const channel = new OpenChannel({ number: ++this.#lastNumber, name }, this, hear)
    this.#byName.set(name, channel)
    this.#byNumber.set(channel.number, channel)
    for (const link of this.#mesh.all) link.open(channel)
    queueMicrotask(() => {
      for (const link of this.#mesh.linked) if (link.has(name)) channel.join(link.peer)
    })
    this.#mesh.connect()
    return channel
  }

  /** Call it about every 250 ms; `now`: ms of any clock. */
  tick(now: number): void {
    this.#mesh.tick(now)
  }

  get status(): ChannelsStatus {
    return this.#mesh.status
  }

  /** Closes all channels, then all streams, politely. */
  async leave(): Promise<void> {
    this.#left = true
    for (const channel of [...this.#byName.values()]) void channel.close()
    await this.#mesh.leave()
  }

  get openings(): readonly Opening[] {
    return [...this.#byName.values()]
  }

  linkTo(peer: string): ChannelLink | undefined {
    return this.#mesh.linkTo(peer)
  }

  async close(channel: OpenChannel): Promise<void> {
    this.#byName.delete(channel.name)
    this.#byNumber.delete(channel.number)
    await within(CLOSE_MS, Promise.all(this.#mesh.all.map(link => link.close(channel))))
  }

  up(link: ChannelLink): void {
    for (const name of link.names) this.opened(link, name)
  }

  opened(link: ChannelLink, name: string): void {
    this.#byName.get(name)?.join(link.peer)
  }

  closed(link: ChannelLink, name: string): void {
    const channel = this.#byName.get(name)
    if (channel === undefined) return
    link.forget(channel)
    channel.part(link.peer, 'left')
  }

  message(link: ChannelLink, to: number, bytes: Uint8Array<ArrayBuffer>): undefined | PromiseLike<unknown> {
    if (to < 1 || to > this.#lastNumber) {
      throw new ProtocolError(`a message goes to a channel that was opened; got one to number ${to}`)
    }
    const channel = this.#byNumber.get(to)
    if (channel === undefined) return undefined
    if (!link.has(channel.name)) {
      throw new ProtocolError(`a message comes from an open channel; got one from ${channel.name}`)
    }
    return channel.deliver(link.peer, bytes)
  }

  down(link: ChannelLink): void {
    for (const name of link.names) this.#byName.get(name)?.part(link.peer, 'lost')
  }
}
