import { DeviceLostError, type SkipGram } from '../contract.ts'

/** Keeps training, which runs in workers, apart from the kernels that read and change tables on this thread. */
export interface Order {
  /** Runs `work` when everything accepted before is done; what is given to the device meanwhile waits for its end. */
  alone<Result>(work: () => Result | Promise<Result>): Promise<Result>
  /** The same skip-gram, keeping to the order. */
  join(skipGram: SkipGram): SkipGram
  /** Destroys the skip-grams that are still there; whatever is asked for later is refused. */
  end(): Promise<void>
}

/** Opens an empty order. */
export function openOrder(): Order {
  const training = new Set<SkipGram>()
  let tail: Promise<unknown> = Promise.resolve()
  let waiting = 0
  let ended = false

  /** Calls of one device run in the order they came. */
  async function queue<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    if (ended) throw new DeviceLostError('wasm: the device is closed')
    waiting++
    const result = tail.then(work)
    const done = () => {
      waiting--
    }
    tail = result.then(done, done)
    return result
  }

  /** Training goes straight to its workers while nothing is before it, so that it never waits for a promise in vain. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return waiting === 0 && !ended ? work() : queue(work)
  }

  return {
    alone: work =>
      queue(async () => {
        await Promise.all(Array.from(training, skipGram => skipGram.drain()))
        return work()
      }),

    join(skipGram) {
      training.add(skipGram)
      return {
        setSampling: sampling => inTurn(() => skipGram.setSampling(sampling)),
        train(batch) {
          // The caller may change the slots as soon as this returns.
          const kept = waiting === 0 ? batch : { ...batch, slots: batch.slots.slice() }
          return inTurn(() => skipGram.train(kept))
        },
        drain: () => inTurn(() => skipGram.drain()),
        loss: () => inTurn(() => skipGram.loss()),
        destroy: () =>
          inTurn(async () => {
            if (training.delete(skipGram)) await skipGram.destroy()
          })
      }
    },

    async end() {
      if (ended) return
      ended = true
      await tail
      const all = Array.from(training)
      training.clear()
      await Promise.all(all.map(skipGram => skipGram.destroy()))
    }
  }
}
