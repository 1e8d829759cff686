import type { Predictor } from '../types.ts'

/** What batching knows of time; tests pass their own. */
export interface Timer {
  /** Milliseconds since some moment. */
  now(): number
  /** Calls `act` after `ms` milliseconds or more, unless what it returns is called before. */
  after(ms: number, act: () => void): () => void
}

export interface BatchingOptions {
  /** Items that are predicted together, or in batches that are under way at once; a request that has more goes alone. Default 64. */
  readonly most?: number
  /** Milliseconds that a request waits for others. Default 2. */
  readonly delay?: number
  /** Items that may wait. Default 1024. */
  readonly room?: number
  /** Hears how many items each batch has. */
  readonly onBatch?: (items: number) => void
  readonly timer?: Timer
}

/** There is no room for a request now; later there may be. */
export class BusyError extends Error {
  override readonly name = 'BusyError'
}

/** Predictions of single requests, made in batches. */
export interface Batching<In, Out> extends Predictor<In, Out> {
  /** Items that wait. */
  readonly waiting: number
  /**
   * Predictions for the items of a request; when the signal aborts, they are not made if they wait still.
   * @throws BusyError at once where they do not fit into the room, or it is closed; the signal's reason; what the model throws.
   */
  predict(items: readonly In[], signal?: AbortSignal): Promise<readonly Out[]>
  /** Takes nothing more, and resolves when all that was taken is settled. */
  close(): Promise<void>
}

/**
 * Puts requests together for a model that is faster with many items at once.
 *
 * A batch is requests as they came, each whole. It begins when the first of them has waited for `delay`, or `most` items wait; but at
 * no time are more than `most` items under way, unless they are one request, and a batch that leaves others waiting has half of that
 * at least. So it may begin while others are under way: a model that learns meanwhile predicts between two steps, and whoever comes
 * during one need not wait for the next. Each request gets the predictions of its own items. Where a batch fails, its requests are
 * tried each alone, so that one fails only by its own items.
 *
 * @throws RangeError where an option is out of range.
 */
export function batching<In, Out>(
  predict: (items: readonly In[]) => PromiseLike<readonly Out[]>,
  { most = 64, delay = 2, room = 1024, onBatch = () => {}, timer = realTimer }: BatchingOptions = {}
): Batching<In, Out> {
  for (const [name, value] of Object.entries({ most, room })) {
    if (!(Number.isSafeInteger(value) && value >= 1))
      throw new RangeError(`batching: ${name} must be a whole number, at least 1; got ${value}`)
  }
  if (!(delay >= 0 && delay <= LONGEST_MS))
    throw new RangeError(`batching: delay must be milliseconds, 0 to ${LONGEST_MS}; got ${delay}`)
  return new Batches(predict, { most, delay, room, onBatch, timer })
}

/** A timer that is set for longer rings at once. */
const LONGEST_MS = 2 ** 31 - 1

const realTimer: Timer = {
  now: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms)
    return () => clearTimeout(timer)
  }
}

class Batches<In, Out> implements Batching<In, Out> {
  readonly #predict: (items: readonly In[]) => PromiseLike<readonly Out[]>
  readonly #options: Required<BatchingOptions>
  /** In the order they came. */
  #requests: Waiting<In, Out>[] = []
  /** Items that wait, and that are being predicted. */
  #waiting = 0
  #underWay = 0
  #cancel = () => {}
  #closed: PromiseWithResolvers<void> | undefined

  constructor(
    predict: (items: readonly In[]) => PromiseLike<readonly Out[]>,
    options: Required<BatchingOptions>
  ) {
    this.#predict = predict
    this.#options = options
  }

  get waiting(): number {
    return this.#waiting
  }

  async predict(items: readonly In[], signal?: AbortSignal): Promise<readonly Out[]> {
    signal?.throwIfAborted()
    if (this.#closed !== undefined) throw new BusyError('closed')
    if (this.#waiting + items.length > this.#options.room)
      throw new BusyError(`${this.#waiting} items wait already, of ${this.#options.room} at most`)
    if (items.length === 0) return []
    const request = new Waiting<In, Out>(items, this.#options.timer.now())
    this.#requests.push(request)
    this.#waiting += items.length
    this.#look()
    const leave = () => this.#drop(request, signal?.reason)
    signal?.addEventListener('abort', leave)
    try {
      return await request.answer.promise
    } finally {
      signal?.removeEventListener('abort', leave)
    }
  }

  close(): Promise<void> {
    this.#closed ??= Promise.withResolvers()
    this.#look()
    return this.#closed.promise
  }

  /** Begins the batches for which it is time, or sees to it that this is looked at when it is. */
  #look(): void {
    this.#cancel()
    for (let [first] = this.#requests; first !== undefined; [first] = this.#requests) {
      const { most, delay, timer } = this.#options
      const left = first.since + delay - timer.now()
      if (left > 0 && this.#waiting < most && this.#closed === undefined) {
        this.#cancel = timer.after(left, () => this.#look())
        return
      }
      const free = this.#underWay === 0 ? Math.max(most, first.items.length) : most - this.#underWay
      if (first.items.length > free || free < Math.min(this.#waiting, most / 2)) return
      void this.#run(this.#take(free))
    }
    if (this.#underWay === 0) this.#closed?.resolve()
  }

  #take(free: number): Waiting<In, Out>[] {
    let items = 0
    const end = this.#requests.findIndex(request => {
      items += request.items.length
      return items > free
    })
    const batch = this.#requests.splice(0, end < 0 ? this.#requests.length : end)
    for (const { items } of batch) this.#waiting -= items.length
    return batch
  }

  async #run(batch: readonly Waiting<In, Out>[]): Promise<void> {
    const items = batch.reduce((sum, { items }) => sum + items.length, 0)
    this.#underWay += items
    try {
      await this.#settle(batch)
    } catch (error) {
      for (const request of batch) {
        if (batch.length === 1) request.answer.reject(error)
        else if (!request.left) await this.#settle([request]).catch(request.answer.reject)
      }
    }
    this.#underWay -= items
    this.#look()
  }

  async #settle(batch: readonly Waiting<In, Out>[]): Promise<void> {
    const items = batch.flatMap(request => request.items)
    this.#options.onBatch(items.length)
    const given = await this.#predict(items)
    if (given.length !== items.length)
      throw new RangeError(`batching: ${items.length} predictions wanted; the model gave ${given.length}`)
    let at = 0
    for (const { items, answer } of batch) {
      answer.resolve(given.slice(at, at + items.length))
      at += items.length
    }
  }

  #drop(request: Waiting<In, Out>, reason: unknown): void {
    request.left = true
    request.answer.reject(reason)
    const place = this.#requests.indexOf(request)
    if (place < 0) return
    this.#requests.splice(place, 1)
    this.#waiting -= request.items.length
    this.#look()
  }
}

/** A request, from when it comes to its answer. */
class Waiting<In, Out> {
  readonly items: readonly In[]
  /** When it came. */
  readonly since: number
  readonly answer = Promise.withResolvers<readonly Out[]>()
  /** Nobody waits for it any more. */
  left = false

  constructor(items: readonly In[], since: number) {
    this.items = items
    this.since = since
  }
}
