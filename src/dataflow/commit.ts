import { chunksOf, stream } from '../stream.ts'
import type { Chunk, Operator, Position } from '../types.ts'
import { type Clock, steadyClock } from './clock.ts'

export interface CommitOptions {
  /** Least time in seconds from one call to the next; what comes through in between waits for the next, or the end. Default 0. */
  readonly seconds?: number
  /** What tells the time. Default: the real one. */
  readonly clock?: Clock
}

/**
 * Tells how far the flow has come: calls `hear(position)` when all before that position has been taken by what follows, and hands
 * the items on as they are. It is what commits a source's offsets: a source that is resumed at the last position heard gives
 * again what was not taken, so nothing is lost, and some items may come twice.
 *
 * Taken is a chunk when the reader comes back for the next. So it belongs last, before the sink; and where a sink holds items back
 * before they are safe, as one that writes files does, that sink's own `commit` is the one to use.
 *
 * Calls are awaited, one at a time, in the order of the stream; positions that were passed over are not told. The last one that was
 * taken is told at the end too, also where the flow fails or its reader stops; the chunk at which it did was not taken.
 *
 * @throws RangeError where `seconds` is not a number, at least 0. Error when `hear` throws; its error is the cause.
 */
export function commit<Item>(
  hear: (position: Position) => unknown,
  { seconds = 0, clock = steadyClock }: CommitOptions = {}
): Operator<Item, Item> {
  if (!(seconds >= 0 && seconds < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`commit: seconds must be a number of seconds, at least 0; got ${seconds}`)
  }
  return items => stream(() => committed(chunksOf(items), hear, seconds * 1000, clock))
}

async function* committed<Item>(
  chunks: AsyncIterable<Chunk<Item>>,
  hear: (position: Position) => unknown,
  ms: number,
  clock: Clock
): AsyncGenerator<Chunk<Item>> {
  let taken: Position | undefined
  let told = Number.NEGATIVE_INFINITY
  const tell = async () => {
    const position = taken
    taken = undefined
    if (position === undefined) return
    told = clock.now()
    try {
      await hear(position)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`commit: byte ${position.bytes}: ${reason}`, { cause })
    }
  }
  try {
    for await (const chunk of chunks) {
      yield chunk
      taken = chunk.position ?? taken
      if (clock.now() >= told + ms) await tell()
    }
  } finally {
    await tell()
  }
}
