import { chunksOf, stream } from '../stream.ts'
import type { Operator } from '../types.ts'

/** Hands chunks on until the signal aborts; `onEnd` is called where the items ended by themselves before that. */
export function until<Item>(signal: AbortSignal, onEnd: () => void): Operator<Item, Item> {
  return items =>
    stream(async function* () {
      if (signal.aborted) return
      for await (const chunk of chunksOf(items)) {
        if (signal.aborted) return
        yield chunk
        if (signal.aborted) return
      }
      if (!signal.aborted) onEnd()
    })
}
