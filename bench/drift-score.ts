/** A stretch of a stream in which a drift is to be found: rows from `at` to before `end`. */
export interface Change {
  readonly at: number
  readonly end: number
  /** Rows that the change itself takes; alarms after the first are no false ones in these. 0 for a sudden change. */
  readonly takes: number
}

export interface Score {
  readonly found: number
  readonly falseAlarms: number
  readonly missed: number
  /** Rows from a change to the alarm, for each that was found: 1 where the first changed row gives it. */
  readonly delays: readonly number[]
}

/** Holds alarms, as rows counted from 1, against the true changes: the first after a change is a find, every other a false alarm. */
export function score(alarms: readonly number[], changes: readonly Change[]): Score {
  const delays = new Map<Change, number>()
  let falseAlarms = 0
  for (const row of alarms) {
    const change = changes.find(({ at, end }) => row >= at && row < end)
    if (change !== undefined && !delays.has(change)) delays.set(change, row - change.at + 1)
    else if (change === undefined || row >= change.at + change.takes) falseAlarms++
  }
  return {
    found: delays.size,
    falseAlarms,
    missed: changes.length - delays.size,
    delays: [...delays.values()]
  }
}

/** Scores of several runs as one. */
export function pooled(scores: readonly Score[]): Score {
  const sum = (of: (score: Score) => number) => scores.reduce((total, score) => total + of(score), 0)
  return {
    found: sum(score => score.found),
    falseAlarms: sum(score => score.falseAlarms),
    missed: sum(score => score.missed),
    delays: scores.flatMap(score => score.delays)
  }
}

/** 2 found / (2 found + false alarms + missed). */
export function f1({ found, falseAlarms, missed }: Score): number {
  return (2 * found) / (2 * found + falseAlarms + missed)
}
