import { chunkAt, chunksOf, stream } from '../stream.ts'
import type { Chunk, Operator } from '../types.ts'
import { isPromise, operatorError } from './call.ts'

/** Items gathered before they are handed on, however many one item becomes. */
const GATHERED = 8192

type Many<Out> = Iterable<Out> | AsyncIterable<Out>

/**
 * Replaces each item by all items of `expand(item)`, in order: none, some, or a stream of them.
 *
 * What one item becomes is taken as it is needed and may be endless. An item of a stream, or an answer that is awaited,
 * is handed on before more is taken; the rest goes on in chunks. A position is that of the item all of which is out. A
 * reader that stops closes what is open.
 *
 * @throws Error naming the item, counted from 0, when `expand` or what it answered throws; its error is the cause.
 */
export function flatMap<In, Out>(expand: (item: In) => Many<Out> | Promise<Many<Out>>): Operator<In, Out> {
  return items => stream(() => flatMapped(chunksOf(items), expand))
}

async function* flatMapped<In, Out>(
  chunks: AsyncIterable<Chunk<In>>,
  expand: (item: In) => Many<Out> | Promise<Many<Out>>
): AsyncGenerator<Chunk<Out>> {
  let index = 0
  for await (const chunk of chunks) {
    let out: Out[] = []
    for (const item of chunk) {
      try {
        const answer = expand(item)
        const many = isPromise(answer) ? await answer : answer
        if (isAsync(many)) {
          if (out.length > 0) yield out
          out = []
          // As plain items: their positions are places in another source.
          for await (const inner of chunksOf(many)) yield Array.from(inner)
        } else {
          for (const one of many) {
            out.push(one)
            if (out.length < GATHERED) continue
            yield out
            out = []
          }
          if (isPromise(answer) && out.length > 0) {
            yield out
            out = []
          }
        }
      } catch (error) {
        throw operatorError('flatMap', index, error)
      }
      index++
    }
    if (out.length > 0 || chunk.position !== undefined) yield chunkAt(out, chunk.position)
  }
}

function isAsync<Out>(many: Many<Out>): many is AsyncIterable<Out> {
  return (many as AsyncIterable<Out>)[Symbol.asyncIterator] !== undefined
}
