import { chunkAt, chunksOf, stream } from '../stream.ts'
import type { Chunk, Operator } from '../types.ts'
import { isPromise, operatorError } from './call.ts'

/**
 * Replaces each item by `transform(item)`, in order, one at a time.
 *
 * A function that answers at once runs over a whole chunk before the next stage sees it; an answer that is awaited is
 * handed on before the next item is taken. Chunks keep their positions.
 *
 * @throws Error naming the item, counted from 0, when `transform` throws; its error is the cause.
 */
export function map<In, Out>(transform: (item: In) => Out | Promise<Out>): Operator<In, Out> {
  return items => stream(() => mapped(chunksOf(items), transform))
}

async function* mapped<In, Out>(
  chunks: AsyncIterable<Chunk<In>>,
  transform: (item: In) => Out | Promise<Out>
): AsyncGenerator<Chunk<Out>> {
  let index = 0
  for await (const chunk of chunks) {
    let done: Out[] = []
    for (const item of chunk) {
      let waits = false
      try {
        const result = transform(item)
        waits = isPromise(result)
        done.push(isPromise(result) ? await result : result)
      } catch (error) {
        throw operatorError('map', index, error)
      }
      index++
      if (waits) {
        yield done
        done = []
      }
    }
    if (done.length > 0 || chunk.position !== undefined) yield chunkAt(done, chunk.position)
  }
}
