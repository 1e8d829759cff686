import type { Replica } from '../types.ts'

/** Something done again and again while a replica trains. */
export interface Task {
  readonly everySeconds: number
  run(): Promise<void>
}

/** A replica with tasks that run while it trains. */
export interface AttendedReplica<Item> extends Replica<Item> {
  /** Ends the tasks; resolves when the one under way is done. */
  dismiss(): Promise<void>
}

/**
 * Runs tasks between a replica's chunks: a task never sees a chunk half trained, and runs even where none comes for long.
 * If one fails, the next `train` or `drain` rejects with its error.
 */
export function attended<Item>(replica: Replica<Item>, tasks: readonly Task[]): AttendedReplica<Item> {
  let turn: Promise<unknown> = Promise.resolve()
  let failure: { readonly error: unknown } | undefined
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = turn.then(() => {
      if (failure !== undefined) throw failure.error
      return work()
    })
    turn = result.catch(() => {})
    return result
  }
  const timers = tasks.map(task => {
    let waiting = false
    return setInterval(() => {
      // A task that takes longer than its interval is not queued behind itself.
      if (waiting) return
      waiting = true
      inTurn(() => task.run())
        .catch(error => {
          failure ??= { error }
        })
        .finally(() => {
          waiting = false
        })
    }, task.everySeconds * 1000)
  })
  return {
    train: chunk => inTurn(() => replica.train(chunk)),
    drain: () => inTurn(() => replica.drain()),
    progress: () => inTurn(() => replica.progress()),
    async dismiss() {
      for (const timer of timers) clearInterval(timer)
      await turn
    }
  }
}
