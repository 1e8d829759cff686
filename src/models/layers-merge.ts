// How the steps of several replicas of a dense network become one. Every example uses every row, so all replicas have moved each row
// for about the same reason. After one step each, their sum is the step of one large batch at a rate that is as much higher; the more
// steps each makes before it hears of the others, the more they have all made the same trip, and little more than its mean is right.
// bench/images-merging.ts has the measurements: sums of 8 steps of 4 replicas end training, and means of single steps waste it.

/** Times the mean that a swarm moves at most: the sum of four was never worse than their mean, that of eight was with plain SGD. */
const MOST_GAINED = 4

/** Replicas at work on a row, as far as this pack tells: `contributions` came from others since the last one, of `replicas` in all. */
export function workersNow(contributions: number, replicas: number): number {
  return Math.max(1, Math.min(1 + contributions, replicas))
}

/**
 * Replicas at work on a row as a replica keeps it from pack to pack, half of it the last; 0 is not known yet, and then all are taken to
 * be: too many is a step too short, too few one too long.
 */
export function workersKnown(known: number, contributions: number, replicas: number): number {
  const before = known === 0 ? replicas : Math.min(known, replicas)
  return (before + workersNow(contributions, replicas)) / 2
}

/**
 * The share α of its own change that a replica sends of a row, and keeps; the rest is dropped.
 *
 *   workers = max(known, now);   α = min(4, workers^gain) / workers
 *
 * `gain` 0 takes the mean of the replicas' changes, 1 the sum of up to four.
 */
export function shareSent(known: number, contributions: number, replicas: number, gain: number): number {
  const before = known === 0 ? replicas : Math.min(known, replicas)
  const workers = Math.max(1, before, workersNow(contributions, replicas))
  return Math.min(MOST_GAINED, workers ** gain) / workers
}

/** Times the mean that a swarm moves at least, however many steps a pack holds: what N replicas agree on can go further than what one thinks. */
const LEAST_GAINED = Math.SQRT2

/** The gain of a pack that holds so many steps, of `replicas` that train. */
export function gainOf(steps: number, replicas: number): number {
  const least = Math.log(LEAST_GAINED) / Math.log(Math.max(2, replicas))
  return Math.max(least, 1 / Math.max(1, steps))
}
