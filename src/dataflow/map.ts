import { chunksOf, stream } from '../stream.ts'
import { isPromise } from './call.ts'
import { type ConcurrencyOptions, mappedConcurrently } from './concurrent.ts'
import { type FailureOptions, Failures, type FallibleOperator, fallible } from './failures.ts'
import { itemLoop, type Steps } from './item-loop.ts'

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
    return fallible(failures, items => stream(() => itemLoop(chunksOf(items), stepsOf(transform), failures)))
  }
  const options = { concurrency, ordered }
  return fallible(failures, items =>
    stream(() => mappedConcurrently(chunksOf(items), transform, options, failures))
  )
}

function stepsOf<In, Out>(transform: (item: In) => Out | Promise<Out>): Steps<In, Out, PromiseLike<Out>> {
  return {
    goOn(run) {
      const { items, out } = run
      for (; run.at < items.length; run.at++) {
        const result = transform(items[run.at] as In)
        if (isPromise(result)) {
          run.answer = result
          return
        }
        out.push(result)
      }
    },
    async settle({ out }, answer) {
      out.push(await answer)
    }
  }
}
