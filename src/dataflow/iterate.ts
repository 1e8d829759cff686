import { chunksOf, stream } from '../stream.ts'
import type { Chunk, Operator, Stream } from '../types.ts'
import { Bell } from './bell.ts'

/** An item as the body of `iterate` gets it. */
export interface Round<Item> {
  readonly item: Item
  /** How often it has gone round before: 0 for an item of the source. */
  readonly round: number
}

/** What the body of `iterate` makes of an item. */
export interface Turn<Item, Out> {
  /** The round of the item it comes of. */
  readonly round: number
  /** What goes out. Default: nothing. */
  readonly out?: readonly Out[]
  /** What goes round once more. Default: nothing. */
  readonly again?: readonly Item[]
}

export interface IterateOptions {
  /** How often something may go round. */
  readonly most: number
  /** Items that may go round at once. Default 65536. */
  readonly going?: number
}

/**
 * A feedback edge: what `body` makes of an item goes out, or comes back to the body as new items, which it gets before more of
 * the source. So `most` rounds of one item are over before the next chunk is read, where the body does not read ahead.
 *
 * The body gives exactly one turn for each item, in any order: `map` does, with a concurrency too. It is by counting them that the end is
 * known: the body's input ends when the source has ended and nothing goes round; with a turn left out it would not end. It therefore
 * cannot hold an `exchange`, which takes items to other peers. Chunks have no positions. A reader that stops closes body and source.
 *
 * @throws RangeError for options out of range, for what would go round more than `most` times, and where more than `going` items go round.
 *   Error where the body gives more turns than it got items.
 */
export function iterate<Item, Out>(
  body: Operator<Round<Item>, Turn<Item, Out>>,
  { most, going = 65_536 }: IterateOptions
): Operator<Item, Out> {
  check('most', 'rounds', most)
  check('going', 'items', going)
  return items => stream(() => iterated(chunksOf(items), body, most, going))
}

async function* iterated<Item, Out>(
  chunks: AsyncGenerator<Chunk<Item>>,
  body: Operator<Round<Item>, Turn<Item, Out>>,
  most: number,
  going: number
): AsyncGenerator<Chunk<Out>> {
  const ring = new Ring<Item>(chunks)
  for await (const turns of chunksOf(body(ring.input))) {
    const out: Out[] = []
    for (const turn of turns) {
      const { round } = turn
      const again = turn.again ?? []
      if (again.length > 0 && round >= most) {
        throw new RangeError(`iterate: most is ${most}; what has gone round so often was to go round again`)
      }
      for (const one of turn.out ?? []) out.push(one)
      ring.turned(again.map(item => ({ item, round: round + 1 })))
      if (ring.going > going) throw new RangeError(`iterate: going is ${going}; ${ring.going} items go round`)
    }
    if (out.length > 0) yield out
  }
}

/** What goes round, and the body's input. */
class Ring<Item> {
  readonly input: Stream<Round<Item>>
  readonly #bell = new Bell()
  #waiting: Round<Item>[] = []
  /** Items that the body has and gave no turn for. */
  #inside = 0

  constructor(chunks: AsyncGenerator<Chunk<Item>>) {
    this.input = stream(() => this.#read(chunks))
  }

  get going(): number {
    return this.#inside + this.#waiting.length
  }

  turned(again: readonly Round<Item>[]): void {
    if (this.#inside === 0) throw new Error('iterate: wanted one turn of the body for each item; got more')
    this.#inside--
    for (const round of again) this.#waiting.push(round)
    this.#bell.ring()
  }

  async *#read(chunks: AsyncGenerator<Chunk<Item>>): AsyncGenerator<Chunk<Round<Item>>> {
    for await (const chunk of chunks) {
      yield* this.#again()
      this.#inside += chunk.length
      yield Array.from(chunk, item => ({ item, round: 0 }))
      yield* this.#again()
    }
    for (;;) {
      yield* this.#again()
      if (this.#inside === 0) return
      await this.#bell.rung()
    }
  }

  *#again(): Generator<Chunk<Round<Item>>> {
    while (this.#waiting.length > 0) {
      const again = this.#waiting
      this.#waiting = []
      this.#inside += again.length
      yield again
    }
  }
}

function check(name: string, unit: string, got: number): void {
  if (!Number.isSafeInteger(got) || got < 1) {
    throw new RangeError(`iterate: ${name} must be a whole number of ${unit}, at least 1; got ${got}`)
  }
}
