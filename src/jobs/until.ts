import { chunksOf, stream } from '../stream.ts'
import type { Operator } from '../types.ts'

/** Hands items on until the signal aborts; what has been handed on ends at a chunk's end, so its position is exact. */
export function until<Item>(signal: AbortSignal): Operator<Item, Item> {
  return items =>
    stream(async function* () {
      if (signal.aborted) return
      for await (const chunk of chunksOf(items)) {
        if (signal.aborted) return
        yield chunk
        if (signal.aborted) return
      }
    })
}
