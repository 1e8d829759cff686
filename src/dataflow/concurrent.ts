// Calls of a user's function that run side by side, no more than a bound.

import { chunkAt } from '../stream.ts'
import type { Chunk, Position } from '../types.ts'
import type { Failures } from './failures.ts'
import { close } from './inbox.ts'

export interface ConcurrencyOptions {
  /** Calls that may run at once. Default 1. */
  readonly concurrency?: number
  /** Whether results come in the order of the items; otherwise as calls finish. Default true. */
  readonly ordered?: boolean
}

/**
 * Results of `transform`, of which no more than `concurrency` calls run, or have an answer that waits for its turn, at once.
 * Calls are begun in the order of the items. A chunk's position and watermark come when everything before them is out.
 */
export async function* mappedConcurrently<In, Out>(
  chunks: AsyncGenerator<Chunk<In>>,
  transform: (item: In) => Out | Promise<Out>,
  options: Required<ConcurrencyOptions>,
  failures: Pick<Failures<In>, 'failed'>
): AsyncGenerator<Chunk<Out>> {
  const calls = new Calls(chunks, transform, options, failures)
  try {
    for (;;) {
      const results = calls.take()
      // Before the reader gets its results, so that as many run while it is busy as while it waits.
      calls.begin()
      if (results !== undefined) yield results
      else if (calls.over) return
      else await calls.news()
    }
  } finally {
    await calls.close()
  }
}

/** A chunk, of which so many items are not out yet. */
interface Part {
  left: number
  position: Position | undefined
  watermark: number | undefined
}

/** One result, none where the item is left out, or what ends the flow. */
type Outcome<Out> = readonly Out[] | { readonly error: unknown }

/** A call that was begun, and what came of it. */
interface Call<Out> {
  readonly part: Part
  outcome?: Outcome<Out>
}

class Calls<In, Out> {
  readonly #chunks: AsyncGenerator<Chunk<In>>
  readonly #transform: (item: In) => Out | Promise<Out>
  readonly #concurrency: number
  readonly #ordered: boolean
  readonly #failures: Pick<Failures<In>, 'failed'>
  #source: 'idle' | 'asked' | 'ended' | { readonly error: unknown } = 'idle'
  /** Items of the last part that no call was begun for; the next is the last of them. */
  #unbegun: In[] = []
  #index = 0
  /** Calls that run or have an answer that waits. */
  #open = 0
  /** Those calls in the order of their turns: all of them, or only those that have finished. */
  readonly #turns: Call<Out>[] = []
  /** Of which something is not out, in the order of the source: one for each open call and one more at most. */
  readonly #parts: Part[] = []
  /** Whether a call has ended the flow; its turn may be yet to come. */
  #broken = false
  #bell = Promise.withResolvers<void>()

  constructor(
    chunks: AsyncGenerator<Chunk<In>>,
    transform: (item: In) => Out | Promise<Out>,
    { concurrency, ordered }: Required<ConcurrencyOptions>,
    failures: Pick<Failures<In>, 'failed'>
  ) {
    this.#chunks = chunks
    this.#transform = transform
    this.#concurrency = concurrency
    this.#ordered = ordered
    this.#failures = failures
  }

  /**
   * The results whose turn it is, up to the end of a part; undefined where there is nothing to hand on.
   *
   * @throws what ended the flow, in its turn.
   */
  take(): Chunk<Out> | undefined {
    const results: Out[] = []
    for (;;) {
      const [call] = this.#turns
      if (call?.outcome === undefined) break
      if ('error' in call.outcome) {
        if (results.length > 0) break
        throw call.outcome.error
      }
      this.#turns.shift()
      this.#open--
      results.push(...call.outcome)
      if (--call.part.left > 0) continue
      const { position, watermark } = this.#end(call.part)
      if (position !== undefined || watermark !== undefined) return chunkAt(results, position, watermark)
    }
    if (results.length > 0) return results
    if (this.#open === 0 && typeof this.#source === 'object') throw this.#source.error
    return undefined
  }

  /** Begins as many calls as may run. */
  begin(): void {
    if (this.#broken) return
    while (this.#open < this.#concurrency && this.#unbegun.length > 0) {
      const item = this.#unbegun.pop() as In
      this.#run(this.#call(item, this.#index++))
    }
    if (this.#open < this.#concurrency && this.#source === 'idle') this.#ask()
  }

  get over(): boolean {
    return this.#open === 0 && this.#source === 'ended'
  }

  /** Resolves when a call has finished or the source has answered since this was asked last. */
  async news(): Promise<void> {
    await this.#bell.promise
    this.#bell = Promise.withResolvers()
  }

  async close(): Promise<void> {
    const closed = close(this.#chunks)
    if (this.#source !== 'asked') await closed
  }

  async #call(item: In, index: number): Promise<readonly Out[]> {
    try {
      return [await this.#transform(item)]
    } catch (error) {
      await this.#failures.failed(item, index, error)
      return []
    }
  }

  #run(results: Promise<readonly Out[]>): void {
    const call: Call<Out> = { part: this.#parts.at(-1) as Part }
    this.#open++
    if (this.#ordered) this.#turns.push(call)
    const finished = (outcome: Outcome<Out>) => {
      call.outcome = outcome
      this.#broken ||= 'error' in outcome
      if (!this.#ordered) this.#turns.push(call)
      this.#bell.resolve()
    }
    results.then(finished, error => finished({ error }))
  }

  #ask(): void {
    this.#source = 'asked'
    this.#chunks
      .next()
      .then(
        ({ done, value }) => {
          this.#source = done === true ? 'ended' : 'idle'
          if (done !== true) this.#add(value)
        },
        error => {
          this.#source = { error }
        }
      )
      .then(() => this.#bell.resolve())
  }

  #add(chunk: Chunk<In>): void {
    const { position, watermark } = chunk
    this.#unbegun = Array.from(chunk).reverse()
    const left = this.#unbegun.length
    if (left > 0) this.#parts.push({ left, position, watermark })
    else if (position !== undefined || watermark !== undefined) {
      // They have a turn like a result.
      this.#parts.push({ left: 1, position, watermark })
      this.#run(Promise.resolve([]))
    }
  }

  /** What is reached when nothing is left of a part; where something is before it, that one inherits it. */
  #end(part: Part): Partial<Part> {
    const at = this.#parts.indexOf(part)
    this.#parts.splice(at, 1)
    const before = this.#parts[at - 1]
    if (before === undefined) return part
    before.position = part.position ?? before.position
    before.watermark = part.watermark ?? before.watermark
    return {}
  }
}
