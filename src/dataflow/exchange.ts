import { chunkAt, chunksOf, stream } from '../stream.ts'
import type { Channels, Chunk, Operator } from '../types.ts'
import { operatorError } from './call.ts'
import { type Clock, steadyClock } from './clock.ts'
import { Holdings, type Moves } from './holdings.ts'
import { Losses } from './losses.ts'
import type { Loss } from './moving-state.ts'
import type { RoutingKey } from './partitions.ts'
import { Routing } from './routing.ts'
import { SourcePump } from './source-pump.ts'
import { checkedTime } from './watermark.ts'

export interface ExchangeOptions<Item> {
  /** What decides who gets an item: a string, a number or a boolean. */
  readonly key: (item: Item) => RoutingKey
  /** The channel's name; each exchange of a flow needs its own. Default `exchange`. */
  readonly name?: string
  /** An item's time in ms: chunks then carry the watermark of all senders. Default: they carry none. */
  readonly time?: (item: Item) => number
  /** How much earlier than the latest before it an item of one sender may be, in ms, with `time`. Default 0. */
  readonly disorder?: number
  /** Bytes that may wait for, or be on their way to, one member before no more is read. Default 1048576. */
  readonly most?: number
  /** Members, this one included, that there must be before anything is read or handed out. Default 1. */
  readonly least?: number
  /** How long to wait for a member that another one has named, in ms. Default 5000. */
  readonly patience?: number
  /** When it aborts this peer leaves politely, in the middle of the stream; a job's flow has one to give. Default: it stays to the end. */
  readonly leaving?: AbortSignal
  /** Hears of keyed state that went with a peer, or is too large to move. Default: it is only counted. */
  readonly onLost?: (loss: Loss) => void
  /** What tells the time. Default: the real one. */
  readonly clock?: Clock
}

/** An exchange, and where operators after it register what they hold by key. */
export interface Exchanged<Item> extends Operator<Item, Item>, Moves {
  /** Partitions so far, of 1024, whose state went with a peer, or is this peer's and too large to move. */
  readonly lost: number
}

/**
 * Sends each item to the peer that owns its key, and hands out the items of all peers whose keys this one owns. Without a swarm
 * items pass straight through.
 *
 * Keys fall into 1024 partitions; a partition's owner is decided by rendezvous over the members, so when one comes or goes only
 * its own partitions change hands. Items travel in batches of some 64 KiB, or what there is after 2 ms, as `encodeValues` codes them
 * (JSON's values, Date, Uint8Array and bigint); those for this peer itself are handed on as they are. Order: the items of one key
 * and sender are in order, also when the key's owner changes, unless a member is lost; between senders there is none. Chunks have no positions.
 *
 * Delivery: at least once while the sender lives. A batch is answered when its items have been worked through: when the
 * reader comes back for more. Until then the sender keeps it, and sends it to the new owner where its receiver has gone. Where
 * `most` bytes wait for one member, or are on their way to it, no more is read; so a slow receiver slows its senders. Items come twice
 * only where a member was lost. The source is read from the first pull on, whether the reader comes back or not.
 *
 * Keyed state: what operators have registered with `keep` moves with its partitions when a member joins or leaves politely, and the new
 * owner holds their items back until it has come. It is taken out when the reader asks for more: all items handed out before must then
 * have been worked through, so between here and there must be no operator that reads ahead or gathers (`map` with a
 * concurrency, `batch`). State of a lost member is lost, and reported; so is that of a partition that has more than 16 MiB of it, coded: it
 * stays where it is, its results come out there, and the new owner begins anew. A member that works before it has met the others
 * (`least`) has state of its own, which is merged.
 *
 * Event time, with `time`: a chunk's watermark is the least over all members that still send. A member's own is its greatest time
 * less `disorder`, or the least time of an item that is not worked through yet. One that has sent nothing yet holds it back.
 *
 * The output ends when all members' sources have ended and all their items are worked through. When `leaving` aborts, no more
 * is asked of the source (what it was asked for is waited for, for half a second), this peer's items are sent and answered, what it holds
 * is handed over, and the output ends; the output has to be read until then. Where all leave at once each keeps what it holds.
 *
 * @throws RangeError for options out of range. TypeError for a key or an item that cannot be sent. Error naming the item,
 *   counted from 0, when a function throws; Error where the channel's name is open already.
 */
export function exchange<Item>(swarm: Channels | undefined, options: ExchangeOptions<Item>): Exchanged<Item> {
  const { key, name = 'exchange', time, disorder = 0, most = 2 ** 20, least = 1 } = options
  const { patience = 5000, leaving, onLost, clock = steadyClock } = options
  checkMs('disorder', disorder)
  checkMs('patience', patience)
  checkAbove('most', 'bytes', most)
  checkAbove('least', 'members', least)
  const holdings = new Holdings()
  const losses = new Losses(onLost)
  const settings = { key, time, disorder, most, least, patience, clock }

  async function* run(swarm: Channels, items: AsyncIterable<Item>): AsyncGenerator<Chunk<Item>> {
    const source = new SourcePump(chunksOf(items), clock)
    const routing = new Routing(swarm, name, source, settings, holdings, losses)
    const leave = () => routing.leave()
    try {
      routing.pump()
      if (leaving?.aborted === true) leave()
      else leaving?.addEventListener('abort', leave)
      for (;;) {
        const next = await routing.next()
        if (next === undefined) break
        yield time === undefined ? next.items : chunkAt(next.items, undefined, next.watermark)
      }
      routing.farewell()
    } finally {
      leaving?.removeEventListener('abort', leave)
      await routing.close()
    }
  }
  const operator = (items: AsyncIterable<Item>) =>
    stream(() => (swarm === undefined ? alone(chunksOf(items), time, disorder) : run(swarm, items)))
  const exchanged = Object.assign(operator, { keep: holdings.keep.bind(holdings) })
  return Object.defineProperty(exchanged as unknown as Exchanged<Item>, 'lost', {
    get: () => losses.partitions
  })
}

/** Chunks with the watermark that they would have with others. */
async function* alone<Item>(
  chunks: AsyncGenerator<Chunk<Item>>,
  time: ((item: Item) => number) | undefined,
  disorder: number
): AsyncGenerator<Chunk<Item>> {
  if (time === undefined) {
    yield* chunks
    return
  }
  let greatest = Number.NEGATIVE_INFINITY
  let index = 0
  for await (const chunk of chunks) {
    const items = Array.from(chunk)
    for (const item of items) {
      try {
        greatest = Math.max(greatest, checkedTime(time(item)))
      } catch (error) {
        throw operatorError('exchange', index, error)
      }
      index++
    }
    yield chunkAt(items, chunk.position, greatest - disorder)
  }
}

function checkMs(name: string, got: number): void {
  if (Number.isFinite(got) && got >= 0) return
  throw new RangeError(`exchange: ${name} must be a number of ms, at least 0; got ${got}`)
}

function checkAbove(name: string, unit: string, got: number): void {
  if (!Number.isSafeInteger(got) || got < 1) {
    throw new RangeError(`exchange: ${name} must be a whole number of ${unit}, at least 1; got ${got}`)
  }
}
