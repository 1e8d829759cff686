/** The middle value; of an even number of values the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

export interface Repeats {
  /** Runs that are not counted: they compile, fault pages in and fill caches. Default 2. */
  readonly warmups?: number
  /** Runs that are counted. Default 9. */
  readonly runs?: number
  /** Work before each run that is not timed. */
  readonly prepare?: () => unknown
}

/** Median time of one run, in milliseconds. */
export async function medianMs(run: () => unknown, { warmups = 2, runs = 9, prepare }: Repeats = {}) {
  const times: number[] = []
  for (let i = -warmups; i < runs; i++) {
    await prepare?.()
    const start = performance.now()
    await run()
    const time = performance.now() - start
    if (i >= 0) times.push(time)
  }
  return median(times)
}
