import { chunksOf, stream, unmarked } from '../stream.ts'
import type { Channels, Chunk, Operator } from '../types.ts'
import { steadyClock } from './clock.ts'
import { BATCH_BYTES } from './item-channel.ts'
import type { ItemPeer, Sent } from './item-peer.ts'
import { asChunk, asSent } from './received.ts'
import type { Spread } from './spread.ts'
import { checkSpread, Spreading, type SpreadOptions } from './spreading.ts'
import { cut, isText, TextColumns } from './text-columns.ts'

/** Chunks, or pieces of text, that are read ahead, so that whoever has room gets one at once. */
const AHEAD = 2
/** A longer line is not sent: it may not fit a message. */
const LONGEST = 15 * BATCH_BYTES

export interface DistributeOptions extends SpreadOptions {
  /**
   * For a peer whose source is empty, as that of one that only works for others: it stays until a member says that its source has
   * ended, or this aborts. Default: it ends when the members it knows have.
   */
  readonly fed?: AbortSignal
}

/**
 * Gives each chunk of items to one member, this one included: to another as soon as fewer than `most` bytes are on their way to it, to this
 * one whenever its reader asks and no other has room; where several wait for work, by turns. So a fast peer gets more, and nobody is given what it has no room for. Without a
 * swarm items pass straight through.
 *
 * Others get batches of some 64 KiB, coded as `exchange` does it; what stays goes on as it is, columns too, without position
 * or watermark. Lines of text that are columns (`TextChunk`) are cut into such pieces and stay columns everywhere; a line of more than
 * 960 KiB stays here. A batch is answered when the receiver's reader comes back for more. What a member has not answered when it goes
 * is given to others: at least once while this peer lives, and twice only where a member went. Order: none. The
 * source is read ahead by two chunks. The output ends when all members' sources have ended and all their items are worked through.
 * When `leaving` aborts, the output ends: what was read and is nobody's yet is dropped, what others have they work through, and what they
 * have sent here goes back to them.
 *
 * @throws RangeError for options out of range. TypeError for an item that cannot be sent. Error where the channel is open already.
 */
export function distribute<Item>(
  swarm: Channels | undefined,
  options: DistributeOptions = {}
): Operator<Item, Item> {
  const { name = 'distribute', most = 2 ** 18, least = 1, clock = steadyClock, fed, leaving } = options
  checkSpread('distribute', { most, least })
  if (swarm === undefined) return items => items
  const make = (spreading: Spreading<Item>) => new Work(spreading, most)
  const course = { name, least, clock, fed, leaving }
  return items => stream(() => new Spreading('distribute', swarm, course, chunksOf(items), make).run())
}

/** Chunks that wait for somebody who has room. */
class Work<Item> implements Spread<Item> {
  readonly #spreading: Spreading<Item>
  readonly #most: number
  readonly #chunks: Chunk<Item>[] = []
  /** When each member was given something last. */
  readonly #turns = new WeakMap<ItemPeer<Item>, number>()
  #turn = 0

  constructor(spreading: Spreading<Item>, most: number) {
    this.#spreading = spreading
    this.#most = most
  }

  get empty(): boolean {
    return this.#chunks.length === 0
  }

  room(): boolean {
    return this.#chunks.length < AHEAD
  }

  take(chunk: Chunk<Item>): void {
    if (isText(chunk)) this.#chunks.push(...(cut(chunk, BATCH_BYTES) as Chunk<unknown>[] as Chunk<Item>[]))
    else if (chunk.length > 0) this.#chunks.push(unmarked(chunk))
  }

  own(): Chunk<Item> | undefined {
    const chunk = this.#chunks.shift()
    if (chunk !== undefined) this.#turns.set(this.#spreading.channel.own, ++this.#turn)
    return chunk
  }

  back({ items }: Sent<Item>): void {
    this.#chunks.unshift(asChunk(items))
  }

  leave(): void {} // what is nobody's yet goes with it

  send(): void {
    for (;;) {
      const peer = this.#next()
      if (peer === undefined || peer === this.#spreading.channel.own) return
      const items = this.#batchFor(peer)
      if (items === undefined) return
      this.#turns.set(peer, ++this.#turn)
      this.#spreading.channel.send(peer, { items, partitions: [], least: Number.POSITIVE_INFINITY })
    }
  }

  /** Whoever has least on its way, where that is less than the bound; this peer where it waits. By turns where it is the same. */
  #next(): ItemPeer<Item> | undefined {
    const { idle, channel, others } = this.#spreading
    let next = idle ? channel.own : undefined
    for (const peer of others) {
      if (peer.bytes >= this.#most) continue
      if (next === undefined || peer.bytes < next.bytes) next = peer
      else if (peer.bytes === next.bytes && this.#served(peer) < this.#served(next)) next = peer
    }
    return next
  }

  #served(peer: ItemPeer<Item>): number {
    return this.#turns.get(peer) ?? 0
  }

  /** As much of the next chunk as makes a batch. */
  #batchFor(peer: ItemPeer<Item>): readonly Item[] | undefined {
    const chunk = this.#chunks.shift()
    if (chunk === undefined) return undefined
    const items = asSent(chunk)
    if (chunk instanceof TextColumns) {
      if (chunk.bytes.length <= LONGEST) return items
      this.#chunks.unshift(chunk)
      return undefined
    }
    const fit = Math.max(1, Math.floor(BATCH_BYTES / peer.itemBytes))
    // A little more than a batch is no reason to cut.
    if (items.length <= 2 * fit) return items
    this.#chunks.unshift(items.slice(fit))
    return items.slice(0, fit)
  }
}
