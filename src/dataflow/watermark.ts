// How far time has come, by the times in the items or by a clock; and reading by it.

import type { Chunk } from '../types.ts'
import { close, Inbox } from './merge.ts'

/**
 * Event time of one stream: the watermark is the greatest time seen, less the lateness. All with a time below it are taken to
 * have come; one at the watermark itself may still come. It never falls.
 */
export class Watermark {
  readonly #lateness: number
  #greatest = Number.NEGATIVE_INFINITY

  constructor(lateness: number) {
    this.#lateness = lateness
  }

  /** Time below which no more items are waited for; -Infinity before the first. */
  get value(): number {
    return this.#greatest - this.#lateness
  }

  /** Takes note of an item's time; whether the watermark rose. */
  rise(time: number): boolean {
    if (time <= this.#greatest) return false
    this.#greatest = time
    return true
  }

  /** No more items come. */
  end(): void {
    this.#greatest = Number.POSITIVE_INFINITY
  }
}

/**
 * An item's time as the user's function gave it.
 *
 * @throws RangeError where it is not a finite number.
 */
export function checkedTime(time: number): number {
  if (!Number.isFinite(time)) throw new RangeError(`time must be a finite number of ms; got ${time}`)
  return time
}

/**
 * Refuses a lateness that is none.
 *
 * @throws RangeError where it is below 0 or not finite.
 */
export function checkLateness(operator: string, lateness: number): void {
  if (Number.isFinite(lateness) && lateness >= 0) return
  throw new RangeError(`${operator}: lateness must be a number of ms, at least 0; got ${lateness}`)
}

/** Where processing time comes from. */
export interface Clock {
  /** Now, in ms. */
  now(): number
  /** Resolves after `ms`, or at once when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

/** A timer that is set for longer rings at once. */
const LONGEST_MS = 2 ** 31 - 1

/** The computer's own clock: ms since 1970. */
export const realClock: Clock = {
  now: Date.now,
  wait(ms, signal) {
    return new Promise(resolve => {
      const timer = setTimeout(done, Math.min(ms, LONGEST_MS))
      function done() {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      if (signal.aborted) done()
      else signal.addEventListener('abort', done)
    })
  }
}

type Event<Item> = 'tick' | { readonly result: IteratorResult<Chunk<Item>> } | { readonly error: unknown }

/**
 * Chunks as they come, and `undefined` where `due()` (ms, Infinity for never) passes while none comes. Nothing is asked for
 * while the reader is busy but what was asked for when the tick came.
 *
 * A source that is still waiting for an item when the reader stops is told to close and not waited for.
 */
export async function* ticked<Item>(
  chunks: AsyncGenerator<Chunk<Item>>,
  due: () => number,
  clock: Clock
): AsyncGenerator<Chunk<Item> | undefined> {
  const events = new Inbox<Event<Item>>()
  let asked = false
  try {
    for (;;) {
      if (!asked) {
        asked = true
        chunks.next().then(
          result => events.put({ result }),
          error => events.put({ error })
        )
      }
      const event = await tickOr(events, due(), clock)
      if (event === 'tick') {
        yield undefined
        continue
      }
      asked = false
      if ('error' in event) throw event.error
      if (event.result.done === true) return
      yield event.result.value
    }
  } finally {
    const closed = close(chunks)
    if (!asked) await closed
  }
}

/** The next event, or a tick when it is time, whichever comes first. */
async function tickOr<Item>(events: Inbox<Event<Item>>, due: number, clock: Clock): Promise<Event<Item>> {
  const stop = new AbortController()
  if (due < Number.POSITIVE_INFINITY) {
    const tick = () => {
      if (!stop.signal.aborted) events.put('tick')
    }
    clock.wait(Math.max(0, due - clock.now()), stop.signal).then(tick, tick)
  }
  try {
    return await events.take()
  } finally {
    stop.abort()
  }
}

/** A chunk of one of two streams, or undefined where it has ended. */
export type Arrival<Left, Right> =
  | { readonly side: 'left'; readonly chunk: Chunk<Left> | undefined }
  | { readonly side: 'right'; readonly chunk: Chunk<Right> | undefined }

/**
 * Chunks of two streams as they come, and for each that it has ended. Both are asked at once, and no more than one chunk of each is
 * held; where both have one, `first()` says whose is taken. A stream is neither asked nor taken from while `waits` for it.
 *
 * A stream that is still waiting for an item when the reader stops is told to close and not waited for.
 */
export async function* bothOf<Left, Right>(
  left: AsyncGenerator<Chunk<Left>>,
  right: AsyncGenerator<Chunk<Right>>,
  first: () => 'left' | 'right',
  waits: (side: 'left' | 'right') => boolean = () => false
): AsyncGenerator<Arrival<Left, Right>> {
  let ring = () => {}
  const lefts = new Hand(left, () => ring())
  const rights = new Hand(right, () => ring())
  try {
    while (lefts.open || rights.open) {
      if (!waits('left')) lefts.ask()
      if (!waits('right')) rights.ask()
      const leftReady = lefts.ready && !waits('left')
      const rightReady = rights.ready && !waits('right')
      if (leftReady && !(rightReady && first() === 'right')) yield { side: 'left', chunk: lefts.take() }
      else if (rightReady) yield { side: 'right', chunk: rights.take() }
      else {
        await new Promise<void>(resolve => {
          ring = resolve
        })
      }
    }
  } finally {
    await Promise.all([lefts.close(), rights.close()])
  }
}

/** One stream, and the chunk of it that has come and was not taken yet. */
class Hand<Item> {
  open = true
  readonly #chunks: AsyncGenerator<Chunk<Item>>
  readonly #ring: () => void
  #asked = false
  #come: (() => IteratorResult<Chunk<Item>>) | undefined

  constructor(chunks: AsyncGenerator<Chunk<Item>>, ring: () => void) {
    this.#chunks = chunks
    this.#ring = ring
  }

  get ready(): boolean {
    return this.#come !== undefined
  }

  ask(): void {
    if (!this.open || this.#asked || this.ready) return
    this.#asked = true
    const come = (answer: () => IteratorResult<Chunk<Item>>) => {
      this.#asked = false
      this.#come = answer
      this.#ring()
    }
    this.#chunks.next().then(
      result => come(() => result),
      error =>
        come(() => {
          throw error
        })
    )
  }

  /** What has come; undefined where that is the end. */
  take(): Chunk<Item> | undefined {
    const result = this.#come?.()
    this.#come = undefined
    if (result?.done !== true) return result?.value
    this.open = false
    return undefined
  }

  async close(): Promise<void> {
    const closed = close(this.#chunks)
    if (!this.#asked) await closed
  }
}
