// What goes round in an iterate, of this peer's own source.

import { chunkAt, stream } from '../stream.ts'
import type { Chunk, Stream } from '../types.ts'
import { Bell } from './bell.ts'
import { close } from './inbox.ts'
import { newSession } from './item-peer.ts'
import type { Round } from './iterate.ts'

export interface RingOptions {
  readonly most: number
  readonly going: number
  readonly leaving: AbortSignal | undefined
}

/** An item that waits to go round. */
type Waiting<Item> = Pick<Round<Item>, 'item' | 'round'>

/** Gives the body items of the source and those that come back, and knows which of them it has no turn for yet. */
export class Ring<Item> {
  /** The body's input. Its chunks' positions are the numbers of their last rounds. */
  readonly input: Stream<Round<Item>>
  /** What others call this peer; empty where there are none. */
  from = ''
  readonly #chunks: AsyncGenerator<Chunk<Item>>
  readonly #options: RingOptions
  readonly #bell = new Bell()
  readonly #over = new AbortController()
  /** What the body has, by number, ascending. */
  readonly #open = new Map<number, Waiting<Item>>()
  #waiting: Waiting<Item>[] = []
  /** Of the source, not handed on yet. */
  #read: Chunk<Item> | undefined
  #number = newSession()
  #asked = false
  /** Whether no more of the source is wanted. */
  #ended = false
  #closed = false
  #failure: { readonly error: unknown } | undefined

  constructor(chunks: AsyncGenerator<Chunk<Item>>, options: RingOptions) {
    this.#chunks = chunks
    this.#options = options
    this.input = stream(() => this.#rounds())
    if (options.leaving?.aborted === true) this.#leave()
    else options.leaving?.addEventListener('abort', this.#leave)
  }

  /** Aborts when this peer leaves and nothing of its own goes round any more. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  /**
   * Takes what is to go round of an item that the body had, all of it where it is the `last`; false where none of that number is awaited.
   *
   * @throws RangeError where it has gone round too often, or too much goes round.
   */
  turned(number: number, again: readonly Item[], last = true): boolean {
    const turned = this.#open.get(number)
    if (turned === undefined) return false
    const { most, going } = this.#options
    if (again.length > 0 && turned.round >= most) {
      throw new RangeError(`iterate: most is ${most}; what has gone round so often was to go round again`)
    }
    if (last) this.#open.delete(number)
    for (const item of again) this.#waiting.push({ item, round: turned.round + 1 })
    const all = this.#open.size + this.#waiting.length
    if (all > going) throw new RangeError(`iterate: going is ${going}; ${all} items go round`)
    this.#bell.ring()
    return true
  }

  /** Has everything that the body has go round again under new numbers: turns of it may be gone. */
  renew(): void {
    this.#waiting = [...this.#open.values(), ...this.#waiting]
    this.#open.clear()
    this.#bell.ring()
  }

  /** @throws Error where the body is through with an item, up to a number, and gave no turn for it. */
  checkThrough(number: number): void {
    const [least = Number.POSITIVE_INFINITY] = this.#open.keys()
    if (least <= number && this.#open.size > 0) {
      throw new Error('iterate: wanted one turn of the body for each item it gets; it dropped one')
    }
  }

  /** Ends the body's input with an error. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#bell.ring()
  }

  /** Closes the source; one that waits for an item of its own is not waited for. */
  async close(): Promise<void> {
    this.#options.leaving?.removeEventListener('abort', this.#leave)
    this.#closed = true
    this.#bell.ring()
    const closed = close(this.#chunks)
    if (!this.#asked) await closed
  }

  async *#rounds(): AsyncGenerator<Chunk<Round<Item>>> {
    while (!this.#closed) {
      if (this.#failure !== undefined) throw this.#failure.error
      const next = this.#next()
      if (next.length > 0) yield this.#entered(next)
      else if (this.#ended && this.#open.size === 0) break
      else {
        this.#ask()
        await this.#bell.rung()
      }
    }
    if (this.#options.leaving?.aborted === true) this.#over.abort()
  }

  /** What comes back goes first. */
  #next(): readonly Waiting<Item>[] {
    if (this.#waiting.length > 0) return this.#waiting.splice(0)
    const read = this.#read ?? []
    this.#read = undefined
    return Array.from(read, item => ({ item, round: 0 }))
  }

  #entered(next: readonly Waiting<Item>[]): Chunk<Round<Item>> {
    const { from } = this
    const rounds = next.map(one => {
      this.#open.set(++this.#number, one)
      return { item: one.item, round: one.round, from, number: this.#number }
    })
    return chunkAt(rounds, { bytes: this.#number })
  }

  /** Asks the source for more, where there is room. */
  #ask(): void {
    if (this.#ended || this.#asked || 2 * this.#open.size >= this.#options.going) return
    this.#asked = true
    const taken = this.#chunks.next().then(({ done, value }) => {
      if (done === true) this.#ended = true
      else this.#read = value
    })
    taken
      .catch(error => this.fail(error))
      .then(() => {
        this.#asked = false
        this.#bell.ring()
      })
  }

  readonly #leave = () => {
    this.#ended = true
    this.#bell.ring()
  }
}
