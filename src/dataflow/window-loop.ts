// The loop that puts a stream's items into windows, which window, reduce and aggregate have in common.

import { chunkAt } from '../stream.ts'
import type { Chunk, Position } from '../types.ts'
import { isPromise, operatorError } from './call.ts'
import { type Clock, wallClock } from './clock.ts'
import type { Failures } from './failures.ts'
import type { Panes } from './panes.ts'
import { checkedTime, ticked, Watermark } from './watermark.ts'

/** Results gathered before they are handed on, however many windows one chunk ends. */
const GATHERED = 8192

/** What the loop needs to know of its operator. */
export interface WindowLoop<Item, Key> {
  readonly name: string
  /** Whether windows go by the count of items, and not by time. */
  readonly counting: boolean
  readonly key?: (item: Item) => Key
  /** Where windows go by the times of items. */
  readonly time: ((item: Item) => number) | undefined
  readonly lateness?: number
  /** Takes an item that is too late. */
  readonly late: (item: Item) => void | Promise<void>
  readonly clock?: Clock
  readonly failures: Failures<Item>
}

/** Results that wait to be handed on. */
export class Outbox<Out> {
  /** Why no more of them can be had. */
  failure: { readonly error: unknown } | undefined
  #items: Out[] = []

  get size(): number {
    return this.#items.length
  }

  /** Takes what `result` returns; where it throws, nothing more is taken. */
  put(result: () => Out): void {
    if (this.failure !== undefined) return
    try {
      this.#items.push(result())
    } catch (error) {
      this.failure = { error }
    }
  }

  take(): Out[] {
    const items = this.#items
    this.#items = []
    return items
  }
}

/** Puts the items of a stream into `panes` and hands on what these emit into `out`. */
export async function* windowLoop<Item, Key, Out>(
  chunks: AsyncGenerator<Chunk<Item>>,
  panes: Panes<Key, Item>,
  out: Outbox<Out>,
  loop: WindowLoop<Item, Key>
): AsyncGenerator<Chunk<Out>> {
  const { name, counting, time, lateness = 0, clock = wallClock, failures } = loop
  const byClock = !counting && time === undefined
  const run = new Run(panes, out, loop)
  let position: Position | undefined
  try {
    for await (const chunk of byClock ? ticked(chunks, () => panes.due, clock) : chunks) {
      if (byClock) run.clockIs(clock.now())
      check(name, run.last, out)
      panes.before = position
      const watermark = time === undefined ? undefined : chunk?.watermark
      run.begin(chunk ?? [], watermark !== undefined)
      for (; run.at < run.items.length; run.at++) {
        let late = false
        try {
          late = run.goOn()
        } catch (error) {
          await failures.failed(run.item, run.index, error)
        }
        check(name, run.index, out)
        if (late) await putAside(loop, run.item, run.index)
        if (out.size >= GATHERED) yield out.take()
      }
      if (watermark !== undefined) panes.advance(watermark - lateness)
      check(name, run.last, out)
      if (chunk !== undefined) position = chunk.position
      const held = panes.held
      if (out.size > 0) yield chunkAt(out.take(), held === undefined ? position : held.position)
    }
    panes.advance(Number.POSITIVE_INFINITY)
    check(name, run.last, out)
  } catch (error) {
    // What came out before is none the worse for it.
    if (out.size > 0) yield out.take()
    throw error
  }
  if (out.size > 0 || position !== undefined) yield chunkAt(out.take(), position)
}

/** Ends the flow where a result could not be had: there is no item to blame. */
function check(name: string, index: number, { failure }: Outbox<unknown>): void {
  if (failure !== undefined) throw operatorError(`${name}: result`, Math.max(0, index), failure.error)
}

async function putAside<Item>(
  { name, late }: Pick<WindowLoop<Item, never>, 'name' | 'late'>,
  item: Item,
  index: number
): Promise<void> {
  try {
    const answer = late(item)
    if (isPromise(answer)) await answer
  } catch (error) {
    throw operatorError(`${name}: late`, index, error)
  }
}

/** The items of a stream, and how far they have been put into windows. */
class Run<Item, Key> {
  items: readonly Item[] = []
  /** Which of them is next, or has failed, or is late. */
  at = 0
  readonly #panes: Panes<Key, Item>
  readonly #out: Outbox<unknown>
  readonly #counting: boolean
  readonly #keyOf: (item: Item) => Key
  readonly #timeOf: ((item: Item) => number) | undefined
  readonly #watermark: Watermark
  /** Whether the items' times say how far time has come. */
  #rises = false
  /** Items of the chunks before. */
  #before = 0
  /** Items that windows by count have taken. */
  #taken = 0
  #now = Number.NEGATIVE_INFINITY

  constructor(panes: Panes<Key, Item>, out: Outbox<unknown>, loop: WindowLoop<Item, Key>) {
    const { counting, key = () => undefined as Key, time, lateness = 0 } = loop
    this.#panes = panes
    this.#out = out
    this.#counting = counting
    this.#keyOf = key
    this.#timeOf = time
    this.#watermark = new Watermark(lateness)
  }

  get item(): Item {
    return this.items[this.at] as Item
  }

  /** The item's place in the stream, counted from 0. */
  get index(): number {
    return this.#before + this.at
  }

  /** The place of the last item so far; -1 where there was none. */
  get last(): number {
    return this.#before + this.items.length - 1
  }

  clockIs(now: number): void {
    this.#now = Math.max(this.#now, now) // a clock may be set back
    this.#panes.advance(this.#now)
  }

  /** `marked`: whether the chunk says itself how far time has come. */
  begin(chunk: Chunk<Item>, marked: boolean): void {
    this.#rises = this.#timeOf !== undefined && !marked
    this.#before += this.items.length
    this.items = Array.isArray(chunk) ? (chunk as readonly Item[]) : Array.from(chunk)
    this.at = 0
  }

  /**
   * Takes items from `at` on, up to one that is late, for which it returns true, or that fails, or with which there are results
   * enough. A plain function, since a loop in an async generator is slow.
   */
  goOn(): boolean {
    for (; this.at < this.items.length; this.at++) {
      const item = this.item
      const at = this.#counting
        ? this.#taken
        : this.#timeOf === undefined
          ? this.#now
          : checkedTime(this.#timeOf(item))
      const key = this.#keyOf(item)
      if (this.#rises && this.#watermark.rise(at)) this.#panes.advance(this.#watermark.value)
      if (!this.#panes.add(key, at, item)) return true
      if (this.#counting) this.#panes.advance(++this.#taken)
      if (this.#out.size >= GATHERED || this.#out.failure !== undefined) return false
    }
    return false
  }
}
