// How far time has come, by the times in the items or by a clock; and reading by it.

import type { Chunk } from '../types.ts'
import type { Clock } from './clock.ts'
import { close, Inbox } from './inbox.ts'

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
