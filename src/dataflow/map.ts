import { chunkAt, chunksOf, stream } from '../stream.ts'
import type { Chunk } from '../types.ts'
import { isPromise } from './call.ts'
import { type ConcurrencyOptions, mappedConcurrently } from './concurrent.ts'
import { type FailureOptions, Failures, type FallibleOperator, fallible } from './failures.ts'

export interface MapOptions<In> extends FailureOptions<In>, ConcurrencyOptions {}

/**
 * Replaces each item by `transform(item)`, in order, one at a time unless `concurrency` says otherwise.
 *
 * One at a time, a function that answers at once runs over a whole chunk before the next stage sees it; an answer that is
 * awaited is handed on before the next item is taken. Chunks keep their positions.
 *
 * With a `concurrency` above 1 calls are begun in the order of the items, and so many run at once while the source has
 * items; an answer that waits for its turn, or for the reader, counts as running. Results come in the order of the items,
 * or, where `ordered` is false, as calls finish. A position comes when all before it is out, the source may be a chunk ahead
 * of the reader, and its error comes out after the results of what came before. When the flow ends early, calls that run
 * are left to finish and their answers are forgotten; a source that waits for an item of its own is not waited for.
 *
 * An item for which `transform` fails goes by `onError`, which counts as part of its call; where that does not end the flow,
 * the item is left out. An error that ends the flow comes out in the turn of its item, and no call is begun after it.
 *
 * @throws RangeError where `concurrency` is not a whole number, at least 1. Error naming the item, counted from 0, when
 * `transform` throws; its error is the cause.
 */
export function map<In, Out>(
  transform: (item: In) => Out | Promise<Out>,
  { concurrency = 1, ordered = true, onError }: MapOptions<In> = {}
): FallibleOperator<In, Out> {
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`map: concurrency must be a whole number of calls, at least 1; got ${concurrency}`)
  }
  const failures = new Failures('map', onError)
  if (concurrency === 1) {
    return fallible(failures, items => stream(() => mapped(chunksOf(items), transform, failures)))
  }
  const options = { concurrency, ordered }
  return fallible(failures, items =>
    stream(() => mappedConcurrently(chunksOf(items), transform, options, failures))
  )
}

async function* mapped<In, Out>(
  chunks: AsyncIterable<Chunk<In>>,
  transform: (item: In) => Out | Promise<Out>,
  failures: Failures<In>
): AsyncGenerator<Chunk<Out>> {
  let before = 0
  for await (const chunk of chunks) {
    const items = Array.isArray(chunk) ? (chunk as readonly In[]) : Array.from(chunk)
    const run: Run<In, Out> = { items, at: 0, done: [], answer: undefined }
    while (run.at < items.length) {
      try {
        goOn(run, transform)
        if (run.answer !== undefined) run.done.push(await run.answer)
      } catch (error) {
        await failures.failed(items[run.at] as In, before + run.at, error)
      }
      run.at++
      if (run.answer === undefined || run.done.length === 0) continue
      yield run.done
      run.done = []
    }
    before += items.length
    if (run.done.length > 0 || chunk.position !== undefined) yield chunkAt(run.done, chunk.position)
  }
}

/** A chunk that is being mapped. */
interface Run<In, Out> {
  readonly items: readonly In[]
  /** The item whose turn it is, or which has failed or is awaited. */
  at: number
  done: Out[]
  answer: PromiseLike<Out> | undefined
}

/** Maps items until an answer must be awaited, one fails, or there are no more. Not in the generator: those are not compiled as well. */
function goOn<In, Out>(run: Run<In, Out>, transform: (item: In) => Out | Promise<Out>): void {
  const { items, done } = run
  run.answer = undefined
  for (; run.at < items.length; run.at++) {
    const result = transform(items[run.at] as In)
    if (isPromise(result)) {
      run.answer = result
      return
    }
    done.push(result)
  }
}
