import { chunksOf, stream } from '../stream.ts'

/** Counts the items of a flow, and ends it after so many. */
export class Counter {
  /** Items counted so far. */
  items = 0
  /** Whether a flow has asked to be counted. */
  used = false
  readonly #most: number
  readonly #enough: () => void

  /** `enough` is called once the last of at most `most` items has been taken. */
  constructor(most: number, enough: () => void) {
    this.#most = most
    this.#enough = enough
  }

  /** Hands items on and counts them, in order; after the last that is wanted the stream ends, and its source is closed. */
  readonly counted = <Item>(items: AsyncIterable<Item>): AsyncIterable<Item> => {
    this.used = true
    const counter = this
    return stream(async function* () {
      for await (const chunk of chunksOf(items)) {
        const left = counter.#most - counter.items
        counter.items += Math.min(chunk.length, left)
        // What is cut off has not been taken: the position is behind that.
        yield chunk.length <= left ? chunk : Array.from(chunk).slice(0, left)
        if (counter.items < counter.#most) continue
        counter.#enough()
        return
      }
    })
  }
}
