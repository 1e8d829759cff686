// A peer that says what it likes: real connections and real streams, and no rules.

import { strictEqual } from 'node:assert'
import { createHash } from 'node:crypto'
import type { TestContext } from 'node:test'
import { type Codec, createCodec } from '../../src/net/codec.ts'
import type { Content } from '../../src/net/content.ts'
import { BULK, HEADER_BYTES } from '../../src/net/frame.ts'
import { type Link, openLink } from '../../src/net/link.ts'
import { type MessageName, numberOf } from '../../src/net/message-types.ts'
import type { Age, Hello, Message, Ranges, Vector } from '../../src/net/messages.ts'
import type { NodeOptions, OpenStream, PeerNode } from '../../src/net/node.ts'
import { joinSwarm, type SwarmOptions } from '../../src/net/swarm.ts'
import type { SharedReplica, Swarm } from '../../src/types.ts'
import { joined } from './deltas.ts'
import { testNode, until } from './nodes.ts'
import { deltaOf, SmallReplica } from './small-replica.ts'

export const JOB = { model: 'small' }
const JOB_TEXT = JSON.stringify(JOB)

/** A peer that keeps the rules, and what it said to its user. */
export interface LivePeer<Replica extends SharedReplica = SmallReplica> {
  readonly node: PeerNode
  readonly replica: Replica
  readonly swarm: Swarm
  readonly warnings: string[]
}

/** A live peer of the swarm `test`; it leaves when the test is over. */
export async function livePeer<Replica extends SharedReplica>(
  t: TestContext,
  replica: Replica,
  {
    to,
    identity,
    ...options
  }: Partial<SwarmOptions> &
    Partial<Pick<NodeOptions, 'identity'>> & { readonly to?: LivePeer<SharedReplica> } = {}
): Promise<LivePeer<Replica>> {
  const node = await testNode(t, {
    ...(to !== undefined && { bootstrap: to.node.addresses() }),
    ...(identity !== undefined && { identity })
  })
  const warnings: string[] = []
  const warn = (message: string) => void warnings.push(message)
  const swarm = await joinSwarm({ swarm: 'test', node, replica, job: JOB, warn, ...options })
  t.after(() => swarm.leave())
  return { node, replica, swarm, warnings }
}

/** Which packs a peer holds. */
export function packsHeld({ swarm }: { readonly swarm: Swarm }): string {
  return JSON.stringify(Object.entries(swarm.held.vector).sort())
}

/** The hash of what all share, once they hold the same packs. @throws where it is not the same. */
export async function agreedHash(
  peers: readonly { readonly swarm: Swarm; readonly replica: SharedReplica }[]
): Promise<string> {
  for (;;) {
    await until(() => peers.every(peer => packsHeld(peer) === packsHeld(peers[0])))
    // Packs may still be on their way, or taken and not yet applied.
    const states = await Promise.all(
      peers.map(peer =>
        peer.swarm.alone(async () => ({ packs: packsHeld(peer), hash: await peer.replica.sharedHash() }))
      )
    )
    if (!states.every(({ packs }) => packs === states[0].packs)) continue
    strictEqual(new Set(states.map(({ hash }) => hash)).size, 1, 'peers that hold the same packs differ')
    return states[0].hash
  }
}

/** Whom to dial. */
type Dialled = Pick<LivePeer, 'node'>

/** An attacker, with an identity of its own. */
export async function hostilePeer(t: TestContext): Promise<HostilePeer> {
  return new HostilePeer(await testNode(t))
}

export class HostilePeer {
  readonly node: Pick<PeerNode, 'peer' | 'dial'>
  readonly replica: SmallReplica
  /** How old it says it is: younger than anybody else. */
  readonly age: Age

  constructor(node: HostilePeer['node'], replica = new SmallReplica()) {
    this.node = node
    this.replica = replica
    this.age = { start: Date.now() + 60_000, peer: node.peer }
  }

  /** The name under which its packs go. */
  get origin(): string {
    return `${this.age.peer}/${this.age.start}`
  }

  /** A stream on which nothing has been said. */
  async dial(to: Dialled): Promise<HostileLink> {
    return new HostileLink(await this.node.dial(to.node.addresses()), this.age, this.replica)
  }

  /** A link on which both have said hello; this one with these changes. */
  async meet(to: Dialled, changes: Partial<Hello> = {}): Promise<HostileLink> {
    const link = await this.dial(to)
    link.say(link.hello(changes))
    await link.heard('hello')
    return link
  }

  /** A link as whose child the victim has taken this peer; its vector has come. */
  async attach(to: Dialled): Promise<HostileLink> {
    const link = await this.meet(to)
    link.say({ type: 'attach' })
    await link.heard('attached')
    await link.heard('vector')
    return link
  }

  /** The same, both having said what they hold. */
  async open(to: Dialled): Promise<HostileLink> {
    const link = await this.attach(to)
    link.say({ type: 'vector', round: 1, vector: (await link.heard('vector')).vector })
    return link
  }

  /** A link to a victim that has taken this peer, which says it is older, for its parent. */
  async adopt(to: Dialled): Promise<HostileLink> {
    const link = await this.meet(to, { age: { start: 1, peer: this.age.peer } })
    await link.heard('attach')
    link.say({ type: 'attached' })
    await link.heard('vector')
    return link
  }
}

type Of<Name extends MessageName> = Extract<Message<Content>, { type: Name }>

/** One stream of an attacker. */
export class HostileLink {
  readonly stream: OpenStream['stream']
  /** What the other side said. */
  readonly came: Message<Content>[] = []
  readonly codec: Codec
  /** Resolves when the link is over. */
  readonly over: Promise<void>
  readonly #link: Link
  readonly #replica: SmallReplica
  readonly #self: Age
  #wake = () => {}
  #isOver = false

  constructor({ stream }: OpenStream, self: Age, replica: SmallReplica) {
    this.stream = stream
    this.#replica = replica
    this.#self = self
    this.codec = createCodec(replica)
    const over = Promise.withResolvers<void>()
    this.over = over.promise
    this.#link = openLink(stream, {
      limits: () => 1 << 30,
      onMessage: (type, bytes) => {
        this.came.push(this.codec.decode(type, bytes))
        this.#wake()
        return undefined
      },
      onClose: () => {
        this.#isOver = true
        over.resolve()
        this.#wake()
      }
    })
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** The name under which its packs go. */
  get origin(): string {
    return `${this.#self.peer}/${this.#self.start}`
  }

  /** The first message of this kind. @throws where the link ends before. */
  async heard<Name extends MessageName>(name: Name, after = 0): Promise<Of<Name>> {
    for (;;) {
      const found = this.came.slice(after).find(message => message.type === name)
      if (found !== undefined) return found as Of<Name>
      if (this.#isOver) throw new Error(`the link ended before ${name} came`)
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }

  /** The hello that an honest peer would say. */
  hello(changes: Partial<Hello> = {}): Hello {
    return {
      type: 'hello',
      swarm: 'test',
      job: createHash('sha256').update(JOB_TEXT).digest('hex'),
      jobText: JOB_TEXT,
      age: this.#self,
      features: [],
      children: 0,
      maxChildren: 4,
      parent: undefined,
      ...changes
    }
  }

  /** Changes of the rows of these words. */
  content(words: readonly string[], step = 1): Content {
    return { words: 10, delta: deltaOf(this.#replica, words, step) }
  }

  /** A pack of these words. */
  frame(ranges: Ranges, words: readonly string[] = ['the'], step = 1): Of<'frame'> {
    return { type: 'frame', ranges, content: this.content(words, step), waited: 0 }
  }

  say(...messages: readonly Message<Content>[]): void {
    for (const message of messages) {
      const { type, parts, control } = this.codec.encode(message)
      this.#link.send(type, parts, control ? 'control' : 'bulk')
    }
  }

  /** The bytes of a message, without the head of its frame. */
  bytes(message: Message<Content>): Uint8Array<ArrayBuffer> {
    return joined(this.codec.encode(message).parts)
  }

  /** Sends bytes as the payload of one frame. */
  send(name: MessageName | number, bytes: Uint8Array, flags = BULK): void {
    this.raw(framed(typeof name === 'number' ? name : numberOf(name), bytes, flags))
  }

  /** Sends bytes as they are, if the stream still takes any. */
  raw(bytes: Uint8Array): void {
    if (this.stream.status === 'open' && !this.#isOver) this.stream.send(bytes)
  }

  abort(): void {
    this.#link.abort('enough')
  }
}

/** One frame of a link. */
export function framed(type: number, payload: Uint8Array, flags = BULK): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, type)
  view.setUint8(1, flags)
  view.setUint32(4, payload.length, true)
  bytes.set(payload, HEADER_BYTES)
  return bytes
}

/** Packs `first … last` of an origin. */
export function packs(origin: string, first: number, last = first): Map<string, readonly [number, number]> {
  return new Map([[origin, [first, last]]])
}

/** A vector, or ranges, of made-up peers. */
export function strangers<Value>(count: number, value: Value, length = 52): Map<string, Value> {
  return new Map(Array.from({ length: count }, () => [`${crypto.randomUUID().padEnd(length, 'x')}/1`, value]))
}

/** Whether two hold the same packs. */
export function sameVector(a: Vector, b: Vector): boolean {
  return a.size === b.size && [...a].every(([origin, last]) => b.get(origin) === last)
}
