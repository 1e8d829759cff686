import { chunkAt, chunksOf, stream } from '../stream.ts'
import type { Chunk, Operator, Position } from '../types.ts'
import { type Clock, checkSeconds, steadyClock } from './clock.ts'
import { close, Inbox } from './inbox.ts'

export interface BatchOptions {
  /** Items in a batch. */
  readonly size: number
  /** Longest time in seconds that an item waits for its batch to fill. Default: as long as it takes. */
  readonly seconds?: number
  /** What tells the time. Default: the real one. */
  readonly clock?: Clock
}

/**
 * Groups items into arrays of `size`, in order; one handed out because its time is over, and the last, may be shorter, and
 * none is empty.
 *
 * Where `seconds` are given, what there is of a batch is handed out once that time has passed since its first item was
 * taken, though the source is silent; while the reader is busy it waits, and is the first thing the reader then gets. The
 * source may then be one chunk ahead of the reader.
 *
 * Items wait here until their batch is handed out, so a chunk's position is the last one before any that still waits. An
 * error of the source comes out at once; what waits is lost with it. A reader that stops closes the source, and is not
 * kept waiting where that waits for an item of its own.
 *
 * @throws RangeError where `size` is not a whole number, at least 1, or `seconds` is not a number above 0.
 */
export function batch<Item>({ size, seconds, clock = steadyClock }: BatchOptions): Operator<Item, Item[]> {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new RangeError(`batch: size must be a whole number of items, at least 1; got ${size}`)
  }
  if (seconds === undefined) return items => stream(() => batched(chunksOf(items), size))
  checkSeconds('batch', seconds)
  return items => stream(() => batchedInTime(chunksOf(items), size, seconds * 1000, clock))
}

async function* batched<Item>(
  chunks: AsyncIterable<Chunk<Item>>,
  size: number
): AsyncGenerator<Chunk<Item[]>> {
  const batches = new Batches<Item>(size)
  for await (const chunk of chunks) {
    const full = batches.add(chunk)
    if (full.length > 0) yield full
  }
  if (batches.waiting) yield batches.rest()
}

async function* batchedInTime<Item>(
  chunks: AsyncGenerator<Chunk<Item>>,
  size: number,
  ms: number,
  clock: Clock
): AsyncGenerator<Chunk<Item[]>> {
  const batches = new Batches<Item>(size)
  const source = new PatientReader(chunks, clock)
  try {
    let due = Number.POSITIVE_INFINITY
    for (;;) {
      const chunk = await source.next(due)
      if (chunk === 'ended') break
      if (chunk === 'late') {
        due = Number.POSITIVE_INFINITY
        yield batches.rest()
        continue
      }
      const now = clock.now()
      const full = batches.add(chunk)
      if (!batches.waiting) due = Number.POSITIVE_INFINITY
      else if (full.length > 0 || due === Number.POSITIVE_INFINITY) due = now + ms
      if (full.length > 0) yield full
    }
    if (batches.waiting) yield batches.rest()
  } finally {
    await source.close()
  }
}

/** Cuts chunks into batches. */
class Batches<Item> {
  readonly #size: number
  #waiting: Item[] = []
  #before: Position | undefined // the place before the first item that waits
  #last: Position | undefined

  constructor(size: number) {
    this.#size = size
  }

  /** Whether items wait for their batch to fill. */
  get waiting(): boolean {
    return this.#waiting.length > 0
  }

  /** The batches that a chunk fills. */
  add(chunk: Chunk<Item>): Chunk<Item[]> {
    const full: Item[][] = []
    for (const item of chunk) {
      if (this.#waiting.length === 0) this.#before = this.#last
      if (this.#waiting.push(item) < this.#size) continue
      full.push(this.#waiting)
      this.#waiting = []
    }
    this.#last = chunk.position
    return chunkAt(full, this.waiting ? this.#before : this.#last)
  }

  /** What waits, as a batch. */
  rest(): Chunk<Item[]> {
    const rest = this.#waiting
    this.#waiting = []
    return chunkAt([rest], this.#last)
  }
}

/** Reads a source, but waits for a chunk no longer than it is told to; the chunk then comes later. */
class PatientReader<Item> {
  readonly #chunks: AsyncGenerator<Chunk<Item>>
  readonly #clock: Clock
  readonly #inbox = new Inbox<'time' | (() => Chunk<Item> | 'ended')>()
  readonly #closing = new AbortController()
  /** Whether a chunk is asked for, and whether it is there. */
  #state: 'idle' | 'asked' | 'answered' = 'idle'
  #alarm = false

  constructor(chunks: AsyncGenerator<Chunk<Item>>, clock: Clock) {
    this.#chunks = chunks
    this.#clock = clock
  }

  async next(due: number): Promise<Chunk<Item> | 'ended' | 'late'> {
    for (;;) {
      if (this.#clock.now() >= due) return 'late'
      this.#ask()
      this.#setAlarm(due)
      const event = await this.#inbox.take()
      if (event === 'time') continue
      this.#state = 'idle'
      return event()
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    const closed = close(this.#chunks)
    if (this.#state !== 'asked') await closed
  }

  #ask(): void {
    if (this.#state !== 'idle') return
    this.#state = 'asked'
    const answer = (chunk: () => Chunk<Item> | 'ended') => {
      this.#state = 'answered'
      this.#inbox.put(chunk)
    }
    this.#chunks.next().then(
      ({ done, value }) => answer(() => (done === true ? 'ended' : value)),
      error =>
        answer(() => {
          throw error
        })
    )
  }

  /** One alarm at a time: when it rings too early for the batch that waits by then, it is set again. */
  #setAlarm(due: number): void {
    if (this.#alarm || due === Number.POSITIVE_INFINITY) return
    this.#alarm = true
    const ring = () => {
      this.#alarm = false
      this.#inbox.put('time')
    }
    this.#clock.wait(due - this.#clock.now(), this.#closing.signal).then(ring)
  }
}
