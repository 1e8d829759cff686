// What becomes of a record of the input that is no record.

import { reasonOf, SourceError } from './source-error.ts'

/**
 * `stop`: the stream ends with the error, after what came before it. `skip`: the record is left out and counted. A function:
 * it gets the record as it stands in the input and the error, is awaited, and then the same; what it throws ends the stream.
 */
export type OnBadRecord = 'stop' | 'skip' | ((text: string, error: SourceError) => unknown)

export interface BadRecordOptions {
  /** What to do with a record that cannot be read. Default `stop`. */
  readonly onError?: OnBadRecord
}

/** Something that leaves out what it cannot read, and counts it. */
export interface Fallible {
  /** Records left out so far because they could not be read. */
  readonly failed: number
}

/** A record that cannot be read. */
export interface BadRecord {
  readonly text: string
  readonly error: SourceError
}

/** The bad records of one source. */
export class BadRecords {
  readonly #source: string
  readonly #onError: OnBadRecord
  #count = 0

  /** @throws TypeError where `onError` is none. */
  constructor(source: string, onError: OnBadRecord = 'stop') {
    if (onError !== 'stop' && onError !== 'skip' && typeof onError !== 'function') {
      throw new TypeError(`${source}: onError must be 'stop', 'skip' or a function; got ${String(onError)}`)
    }
    this.#source = source
    this.#onError = onError
  }

  get count(): number {
    return this.#count
  }

  /** Whether the first one ends the stream. */
  get stops(): boolean {
    return this.#onError === 'stop'
  }

  /**
   * Deals with some, in order; when it resolves, they are to be left out.
   *
   * @throws SourceError where that ends the stream.
   */
  async settle(records: readonly BadRecord[]): Promise<void> {
    for (const { text, error } of records) {
      if (this.#onError === 'stop') throw error
      this.#count++
      if (this.#onError === 'skip') continue
      try {
        await this.#onError(text, error)
      } catch (thrown) {
        throw new SourceError(`${this.#source}: onError failed (${reasonOf(thrown)}) for: ${error.message}`, {
          cause: thrown
        })
      }
    }
  }
}

/** The same thing, telling how many records its reading has cost. */
export function fallible<Thing extends object>(thing: Thing, failed: () => number): Thing & Fallible {
  return Object.defineProperty(thing as Thing & Fallible, 'failed', { get: failed })
}
