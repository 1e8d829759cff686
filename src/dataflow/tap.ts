import { chunksOf, restOf, stream } from '../stream.ts'
import type { Chunk } from '../types.ts'
import { isPromise } from './call.ts'
import { type FailureOptions, Failures, type FallibleOperator, fallible } from './failures.ts'

/**
 * Calls `look(item)` for each item, one at a time, and hands the items on as they are, in order.
 *
 * A function that answers at once sees a whole chunk before the next stage does, and the chunk then goes on as it is. An
 * answer that is awaited is awaited before its item goes on, and the item goes on before the next is taken. Chunks keep
 * their positions. An item for which `look` fails goes by `onError`; where that does not end the flow, it is left out.
 *
 * @throws Error naming the item, counted from 0, when `look` throws; its error is the cause.
 */
export function tap<Item>(
  look: (item: Item) => unknown,
  { onError }: FailureOptions<Item> = {}
): FallibleOperator<Item, Item> {
  const failures = new Failures('tap', onError)
  return fallible(failures, items => stream(() => tapped(chunksOf(items), look, failures)))
}

async function* tapped<Item>(
  chunks: AsyncIterable<Chunk<Item>>,
  look: (item: Item) => unknown,
  failures: Failures<Item>
): AsyncGenerator<Chunk<Item>> {
  let index = 0
  for await (const chunk of chunks) {
    let seen: Item[] = []
    let whole = true
    for (const item of chunk) {
      let waits = false
      try {
        const answer = look(item)
        waits = isPromise(answer)
        if (waits) await answer
        seen.push(item)
      } catch (error) {
        whole = false
        try {
          await failures.failed(item, index, error)
        } catch (end) {
          if (seen.length > 0) yield seen
          throw end
        }
      }
      index++
      if (waits && seen.length > 0) {
        yield seen
        seen = []
        whole = false
      }
    }
    const rest = whole ? chunk : restOf(seen, chunk)
    if (rest !== undefined) yield rest
  }
}
