import { chunksOf } from '../stream.ts'
import type { Progress, Replica } from '../types.ts'

export interface TrainOptions {
  /** Milliseconds between one progress and the next. Default 1000. */
  readonly every?: number
}

/**
 * Training that runs while it is read, or awaited: iterating gives its progress, now and then and at the end; awaiting
 * runs it to the end and gives the last progress. One of the two, once.
 */
export interface Training extends AsyncIterable<Progress>, PromiseLike<Progress> {}

/**
 * Trains a replica on each chunk, in order.
 *
 * The next chunk is taken once the replica has room for it. However it ends - with the stream, an error, or a reader that
 * stops - the source is closed and what the replica has accepted is trained. The last progress covers everything.
 *
 * @throws RangeError where `every` is below 0.
 */
export function train<Item>(
  replica: Replica<Item>,
  { every = 1000 }: TrainOptions = {}
): (items: AsyncIterable<Item>) => Training {
  if (!(every >= 0))
    throw new RangeError(`train: every must be a number of milliseconds, at least 0; got ${every}`)
  return items => {
    let last: Promise<Progress> | undefined
    return {
      [Symbol.asyncIterator]: () => trained(items, replica, every),
      // biome-ignore lint/suspicious/noThenProperty: awaiting the end of a flow is what the user asks for
      then(onEnd, onError) {
        last ??= lastOf(trained(items, replica, Number.POSITIVE_INFINITY))
        return last.then(onEnd, onError)
      }
    }
  }
}

async function* trained<Item>(
  items: AsyncIterable<Item>,
  replica: Replica<Item>,
  every: number
): AsyncGenerator<Progress, void, undefined> {
  let next = performance.now() + every
  let failed = false
  try {
    for await (const chunk of chunksOf(items)) {
      await replica.train(chunk)
      if (performance.now() < next) continue
      yield await replica.progress()
      next = performance.now() + every
    }
  } catch (error) {
    failed = true
    throw error
  } finally {
    const drained = replica.drain()
    // The first error is the one to show: a replica that is lost cannot be drained either.
    await (failed ? drained.catch(() => {}) : drained)
  }
  yield await replica.progress()
}

async function lastOf(progress: AsyncIterable<Progress>): Promise<Progress> {
  let last: Progress | undefined
  for await (const one of progress) last = one
  return last as Progress // a flow that ends has given one
}
