import { chunkAt, chunksOf, stream } from '../stream.ts'
import type { Chunk } from '../types.ts'
import { isPromise } from './call.ts'
import { type FailureOptions, Failures, type FallibleOperator, fallible } from './failures.ts'

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
  return fallible(failures, items => stream(() => filtered(chunksOf(items), keep, failures)))
}

async function* filtered<Item>(
  chunks: AsyncIterable<Chunk<Item>>,
  keep: (item: Item) => boolean | Promise<boolean>,
  failures: Failures<Item>
): AsyncGenerator<Chunk<Item>> {
  let index = 0
  for await (const chunk of chunks) {
    let kept: Item[] = []
    for (const item of chunk) {
      let waits = false
      try {
        const answer = keep(item)
        waits = isPromise(answer)
        if (isPromise(answer) ? await answer : answer) kept.push(item)
      } catch (error) {
        await failures.failed(item, index, error)
      }
      index++
      if (waits && kept.length > 0) {
        yield kept
        kept = []
      }
    }
    if (kept.length > 0 || chunk.position !== undefined) yield chunkAt(kept, chunk.position)
  }
}
