// Reading a source while the reader of the output may be waiting for something else.

import type { Chunk } from '../types.ts'
import { Bell } from './bell.ts'
import type { Clock } from './clock.ts'
import { close } from './inbox.ts'

/** Time in ms after which messages get a turn, where the source has everything at once. */
const BREATH_MS = 20

/** Takes a source's chunks while there is room for them. */
export class SourcePump<Item> {
  /** Whether no more chunks come. */
  ended = false
  failure: { readonly error: unknown } | undefined
  readonly #chunks: AsyncGenerator<Chunk<Item>>
  readonly #clock: Clock
  readonly #bell = new Bell()
  #asked = false
  #ending = false

  constructor(chunks: AsyncGenerator<Chunk<Item>>, clock: Clock) {
    this.#chunks = chunks
    this.#clock = clock
  }

  /** Gives each chunk to `take`, which may wait for room itself; asks for the next while `room()`. Never throws. */
  async run(room: () => boolean, take: (chunk: Chunk<Item>) => void | Promise<void>): Promise<void> {
    const stopped = new AbortController().signal
    let breath = this.#clock.now() + BREATH_MS
    try {
      while (!this.ended && !this.#ending) {
        await this.until(room)
        if (this.#clock.now() > breath) {
          await this.#clock.wait(0, stopped)
          breath = this.#clock.now() + BREATH_MS
        }
        if (this.ended || this.#ending) break
        this.#asked = true
        const { done, value } = await this.#chunks.next().finally(() => {
          this.#asked = false
        })
        if (done === true || this.ended) break
        await take(value)
      }
    } catch (error) {
      this.failure ??= { error }
    }
    this.ended = true
  }

  /** Resolves when it holds, or no more is wanted. */
  async until(holds: () => boolean): Promise<void> {
    while (!this.ended && !this.#ending && !holds()) await this.#bell.rung()
  }

  /** There may be room. */
  wake(): void {
    this.#bell.ring()
  }

  /** Asks for no more, and closes the source; a chunk that was asked for before is still taken. */
  end(): void {
    this.#ending = true
    this.wake()
    void close(this.#chunks)
  }

  /** Closes the source; one that waits for an item of its own is not waited for. */
  async close(): Promise<void> {
    this.ended = true
    this.wake()
    const closed = close(this.#chunks)
    if (!this.#asked) await closed
  }
}
