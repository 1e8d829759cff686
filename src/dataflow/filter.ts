import { chunksOf, stream } from '../stream.ts'
import { isPromise } from './call.ts'
import { type FailureOptions, Failures, type FallibleOperator, fallible } from './failures.ts'
import { itemLoop, type Steps } from './item-loop.ts'

/**
 * Keeps the items for which `keep(item)` is true, in order.
 *
 * A function that answers at once runs over a whole chunk before the next stage sees it; an answer that is awaited is
 * acted on before the next item is taken. Chunks keep their positions, so a chunk of which nothing is left may be empty.
 * An item for which `keep` fails goes by `onError`; where that does not end the flow, it is left out.
 *
 * @throws Error naming the item, counted from 0, when `keep` throws; its error is the cause.
 */
export function filter<Item, Kept extends Item>(
  keep: (item: Item) => item is Kept,
  options?: FailureOptions<Item>
): FallibleOperator<Item, Kept>
export function filter<Item>(
  keep: (item: Item) => boolean | Promise<boolean>,
  options?: FailureOptions<Item>
): FallibleOperator<Item, Item>
export function filter<Item>(
  keep: (item: Item) => boolean | Promise<boolean>,
  { onError }: FailureOptions<Item> = {}
): FallibleOperator<Item, Item> {
  const failures = new Failures('filter', onError)
  return fallible(failures, items => stream(() => itemLoop(chunksOf(items), stepsOf(keep), failures)))
}

function stepsOf<Item>(
  keep: (item: Item) => boolean | Promise<boolean>
): Steps<Item, Item, PromiseLike<boolean>> {
  return {
    goOn(run) {
      const { items, out } = run
      for (; run.at < items.length; run.at++) {
        const item = items[run.at] as Item
        const answer = keep(item)
        if (isPromise(answer)) {
          run.answer = answer
          return
        }
        if (answer) out.push(item)
      }
    },
    async settle({ items, at, out }, answer) {
      if (await answer) out.push(items[at] as Item)
    }
  }
}
