// The loop over a chunk's items, which map, filter and flatMap have in common.

import { restOf } from '../stream.ts'
import type { Chunk } from '../types.ts'
import { isPromise } from './call.ts'
import type { Failures } from './failures.ts'

/** A chunk whose items are taken one after the other. */
export interface Run<In, Out, Answer> {
  readonly items: readonly In[]
  /** The item whose turn it is, or whose answer is waited for, or which has failed. */
  at: number
  out: Out[]
  /** What the user's function answered, where that cannot be dealt with at once. */
  answer: Answer | undefined
}

/** What an operator makes of items. */
export interface Steps<In, Out, Answer> {
  /**
   * Takes items from `at` on, up to one whose answer it leaves in `answer`, or with which enough is gathered, or that fails by a
   * throw. A plain function, since a loop in an async generator takes four times as long.
   */
  goOn(run: Run<In, Out, Answer>): void
  /** Deals with such an answer; may hand out and empty what is gathered. */
  settle(run: Run<In, Out, Answer>, answer: Answer): AsyncGenerator<Chunk<Out>> | Promise<void>
  /** Items after which what is gathered is handed on; by default at the end of the chunk. */
  readonly most?: number
}

/** Takes chunks item by item. What was awaited is handed on at once; a chunk keeps its position and watermark. */
export async function* itemLoop<In, Out, Answer>(
  chunks: AsyncIterable<Chunk<In>>,
  { goOn, settle, most = Number.POSITIVE_INFINITY }: Steps<In, Out, Answer>,
  failures: Failures<In>
): AsyncGenerator<Chunk<Out>> {
  let before = 0
  for await (const chunk of chunks) {
    const items = Array.isArray(chunk) ? (chunk as readonly In[]) : Array.from(chunk)
    const run: Run<In, Out, Answer> = { items, at: 0, out: [], answer: undefined }
    while (run.at < items.length) {
      run.answer = undefined
      try {
        goOn(run)
        if (run.answer !== undefined) {
          const settled = settle(run, run.answer)
          if (Symbol.asyncIterator in settled) yield* settled
          else await settled
        }
      } catch (error) {
        try {
          await failures.failed(items[run.at] as In, before + run.at, error)
        } catch (end) {
          // What was made of the items before is none the worse for it.
          if (run.out.length > 0) yield run.out
          throw end
        }
      }
      run.at++
      if (run.out.length === 0 || !(run.out.length >= most || isPromise(run.answer))) continue
      yield run.out
      run.out = []
    }
    before += items.length
    const rest = restOf(run.out, chunk)
    if (rest !== undefined) yield rest
  }
}
