import { chunksOf, stream, unmarked } from '../stream.ts'
import type { Channels, Chunk, Operator } from '../types.ts'
import { steadyClock } from './clock.ts'
import { BATCH_BYTES } from './item-channel.ts'
import type { Spread } from './spread.ts'
import { checkSpread, Spreading, type SpreadOptions } from './spreading.ts'

/** Longest time in ms that an item waits for its batch to fill. */
const FLUSH_MS = 2

/**
 * Hands each item to all members, this one included. Without a swarm items pass straight through.
 *
 * Each sender's items come in order and once to every member that is there from then on until it goes; between senders there
 * is no order. A newcomer gets what is sent after it was met. Others get batches of some 64 KiB, or what there is after 2 ms, coded once
 * for all as `exchange` does it, and answer when their reader comes back for more; while `most` bytes are on
 * their way to one of them, or this peer's own reader has not taken the last chunk, no more is read: the slowest sets the pace. Chunks have no
 * positions and no watermarks. The output ends when all members' sources have ended and all their items are worked through.
 * When `leaving` aborts, no more is read and the output ends: what was read still goes to all others, also where this peer has not handed it
 * out itself; what others have sent here goes by without it.
 *
 * @throws RangeError for options out of range. TypeError for an item that cannot be sent. Error where the channel is open already.
 */
export function broadcast<Item>(
  swarm: Channels | undefined,
  options: SpreadOptions = {}
): Operator<Item, Item> {
  const { name = 'broadcast', most = 2 ** 18, least = 1, clock = steadyClock, leaving } = options
  checkSpread('broadcast', { most, least })
  if (swarm === undefined) return items => items
  const make = (spreading: Spreading<Item>) => new News(spreading, most)
  const course = { name, least, clock, leaving }
  return items => stream(() => new Spreading('broadcast', swarm, course, chunksOf(items), make).run())
}

/** Items that wait to go to all others, and the chunk that waits for this peer's own reader. */
class News<Item> implements Spread<Item> {
  readonly #spreading: Spreading<Item>
  readonly #most: number
  #waiting: Item[] = []
  #own: Chunk<Item> | undefined

  constructor(spreading: Spreading<Item>, most: number) {
    this.#spreading = spreading
    this.#most = most
  }

  get empty(): boolean {
    return this.#waiting.length === 0 && this.#own === undefined
  }

  room(): boolean {
    return this.#own === undefined && this.#spreading.others.every(peer => peer.bytes < this.#most)
  }

  take(chunk: Chunk<Item>): void {
    if (chunk.length === 0) return
    this.#own = unmarked(chunk)
    const { others } = this.#spreading
    if (others.length === 0) return
    for (const item of chunk) this.#waiting.push(item)
    this.#spreading.alarms.later(this.#flush, FLUSH_MS)
  }

  own(): Chunk<Item> | undefined {
    const own = this.#own
    this.#own = undefined
    return own
  }

  /** What is lost with a member was for nobody else. */
  back(): void {}

  send(): void {
    const { others, channel } = this.#spreading
    const bytes = this.#waiting.length * channel.own.itemBytes
    if (bytes >= BATCH_BYTES || others.every(peer => peer.unanswered.size === 0)) this.#post()
  }

  leave(): void {
    this.#post()
  }

  readonly #flush = () => {
    this.#post()
    this.#spreading.send()
  }

  #post(): void {
    if (this.#waiting.length === 0) return
    const items = this.#waiting
    this.#waiting = []
    const parcel = { items, partitions: [], least: Number.POSITIVE_INFINITY }
    this.#spreading.channel.sendAll(this.#spreading.others, parcel)
  }
}
