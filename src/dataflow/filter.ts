import { chunkAt, chunksOf, stream } from '../stream.ts'
import type { Chunk, Operator } from '../types.ts'
import { isPromise, operatorError } from './call.ts'

/**
 * Keeps the items for which `keep(item)` is true, in order.
 *
 * A function that answers at once runs over a whole chunk before the next stage sees it; an answer that is awaited is
 * acted on before the next item is taken. Chunks keep their positions, so a chunk of which nothing is left may be empty.
 *
 * @throws Error naming the item, counted from 0, when `keep` throws; its error is the cause.
 */
export function filter<Item, Kept extends Item>(keep: (item: Item) => item is Kept): Operator<Item, Kept>
export function filter<Item>(keep: (item: Item) => boolean | Promise<boolean>): Operator<Item, Item>
export function filter<Item>(keep: (item: Item) => boolean | Promise<boolean>): Operator<Item, Item> {
  return items => stream(() => filtered(chunksOf(items), keep))
}

async function* filtered<Item>(
  chunks: AsyncIterable<Chunk<Item>>,
  keep: (item: Item) => boolean | Promise<boolean>
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
        throw operatorError('filter', index, error)
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
