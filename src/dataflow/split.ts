import { chunksOf, stream } from '../stream.ts'
import type { Chunk, Stream } from '../types.ts'

/** Items that may wait for the slowest branch, unless told otherwise. */
const MOST_WAITING = 1024

export interface SplitOptions {
  /** No further chunk is read while so many items wait for the slowest branch. Default 1024. */
  readonly most?: number
}

/**
 * One stream as `count` branches: each has all items, in order, in the chunks of the source and with their positions.
 *
 * The slowest branch sets the pace. What one branch has taken and another has not is held; while that is `most` items the
 * source is not read, so at most one chunk more is ever held. An empty chunk counts as an item. Branches share the items
 * themselves, so none should change them.
 *
 * Branches are to be read side by side: one that was not begun is waited for like a slow one, so reading one to its end
 * before the next hangs as soon as `most` items wait. A branch whose reader stops is no longer waited for; when all have
 * stopped, the source is closed. An error of the source comes out of every branch, after what came before it.
 *
 * @throws RangeError where `count` or `most` is not a whole number, at least 1.
 */
export function split<Item>(
  items: AsyncIterable<Item>,
  count: number,
  { most = MOST_WAITING }: SplitOptions = {}
): Stream<Item>[] {
  check('count', 'branches', count)
  check('most', 'items', most)
  const shared = new SharedReader(chunksOf(items), count, most)
  return Array.from({ length: count }, (_, branch) => stream(() => shared.read(branch)))
}

/** A chunk, and the one after it once somebody has asked for that; what no branch stands at is forgotten. */
interface Link<Item> {
  readonly chunk: Chunk<Item>
  next?: Promise<Link<Item> | undefined>
}

class SharedReader<Item> {
  readonly #source: AsyncGenerator<Chunk<Item>>
  readonly #most: number
  /** Where each branch stands: the last chunk it took. */
  readonly #links: Link<Item>[]
  /** How many items each branch that has not stopped has taken. */
  readonly #taken: Map<number, number>
  #read = 0
  #moved = Promise.withResolvers<void>()

  constructor(source: AsyncGenerator<Chunk<Item>>, count: number, most: number) {
    this.#source = source
    this.#most = most
    this.#links = Array<Link<Item>>(count).fill({ chunk: [] })
    this.#taken = new Map(this.#links.map((_, branch) => [branch, 0]))
  }

  async *read(branch: number): AsyncGenerator<Chunk<Item>> {
    try {
      for (;;) {
        const link = await this.#next(this.#links[branch] as Link<Item>)
        if (link === undefined) return
        this.#links[branch] = link
        this.#taken.set(branch, (this.#taken.get(branch) ?? 0) + sizeOf(link.chunk))
        this.#move()
        yield link.chunk
      }
    } finally {
      delete this.#links[branch]
      this.#taken.delete(branch)
      this.#move()
      if (this.#taken.size === 0) await this.#source.return(undefined)
    }
  }

  async #next(link: Link<Item>): Promise<Link<Item> | undefined> {
    while (link.next === undefined && this.#read - Math.min(...this.#taken.values()) >= this.#most) {
      await this.#moved.promise
    }
    link.next ??= this.#ask()
    return await link.next
  }

  async #ask(): Promise<Link<Item> | undefined> {
    const { done, value } = await this.#source.next()
    if (done === true) return undefined
    this.#read += sizeOf(value)
    return { chunk: value }
  }

  /** Wakes the branches that wait for a slower one. */
  #move(): void {
    this.#moved.resolve()
    this.#moved = Promise.withResolvers()
  }
}

function sizeOf(chunk: Chunk<unknown>): number {
  return Math.max(1, chunk.length)
}

function check(name: string, unit: string, got: number): void {
  if (!Number.isSafeInteger(got) || got < 1) {
    throw new RangeError(`split: ${name} must be a whole number of ${unit}, at least 1; got ${got}`)
  }
}
