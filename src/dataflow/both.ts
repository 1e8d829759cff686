// Two streams read at once.

import type { Chunk } from '../types.ts'
import { close } from './inbox.ts'

/** A chunk of one of two streams, or undefined where it has ended. */
export type Arrival<Left, Right> =
  | { readonly side: 'left'; readonly chunk: Chunk<Left> | undefined }
  | { readonly side: 'right'; readonly chunk: Chunk<Right> | undefined }

/**
 * Chunks of two streams as they come, and for each that it has ended. Both are asked at once, and no more than one chunk of each is
 * held; where both have one, `first()` says whose is taken. A stream is neither asked nor taken from while `waits` for it.
 *
 * A stream that is still waiting for an item when the reader stops is told to close and not waited for.
 */
export async function* bothOf<Left, Right>(
  left: AsyncGenerator<Chunk<Left>>,
  right: AsyncGenerator<Chunk<Right>>,
  first: () => 'left' | 'right',
  waits: (side: 'left' | 'right') => boolean = () => false
): AsyncGenerator<Arrival<Left, Right>> {
  let ring = () => {}
  const lefts = new Hand(left, () => ring())
  const rights = new Hand(right, () => ring())
  try {
    while (lefts.open || rights.open) {
      if (!waits('left')) lefts.ask()
      if (!waits('right')) rights.ask()
      const leftReady = lefts.ready && !waits('left')
      const rightReady = rights.ready && !waits('right')
      if (leftReady && !(rightReady && first() === 'right')) yield { side: 'left', chunk: lefts.take() }
      else if (rightReady) yield { side: 'right', chunk: rights.take() }
      else {
        await new Promise<void>(resolve => {
          ring = resolve
        })
      }
    }
  } finally {
    await Promise.all([lefts.close(), rights.close()])
  }
}

/** One stream, and the chunk of it that has come and was not taken yet. */
class Hand<Item> {
  open = true
  readonly #chunks: AsyncGenerator<Chunk<Item>>
  readonly #ring: () => void
  #asked = false
  #come: (() => IteratorResult<Chunk<Item>>) | undefined

  constructor(chunks: AsyncGenerator<Chunk<Item>>, ring: () => void) {
    this.#chunks = chunks
    this.#ring = ring
  }

  get ready(): boolean {
    return this.#come !== undefined
  }

  ask(): void {
    if (!this.open || this.#asked || this.ready) return
    this.#asked = true
    const come = (answer: () => IteratorResult<Chunk<Item>>) => {
      this.#asked = false
      this.#come = answer
      this.#ring()
    }
    this.#chunks.next().then(
      result => come(() => result),
      error =>
        come(() => {
          throw error
        })
    )
  }

  /** What has come; undefined where that is the end. */
  take(): Chunk<Item> | undefined {
    const result = this.#come?.()
    this.#come = undefined
    if (result?.done !== true) return result?.value
    this.open = false
    return undefined
  }

  async close(): Promise<void> {
    const closed = close(this.#chunks)
    if (!this.#asked) await closed
  }
}
