// Courses of the learning rate, as plain functions: steps count from 0, rates are above 0.

/** The rate of a step. */
export type RateSchedule = (step: number) => number

/** The same rate for all steps. */
export function constantRate(rate: number): RateSchedule {
  checkRate(rate)
  return () => rate
}

/**
 * Falls in steps: rate · factor^⌊step / every⌋.
 *
 * @throws RangeError where `every` is not above 0, or `factor` not from above 0 to 1.
 */
export function stepDecay(
  rate: number,
  { every, factor }: { readonly every: number; readonly factor: number }
): RateSchedule {
  checkRate(rate)
  if (!(every > 0)) throw new RangeError(`schedule: every must be a number of steps above 0; got ${every}`)
  if (!(factor > 0 && factor <= 1))
    throw new RangeError(`schedule: factor must be above 0, at most 1; got ${factor}`)
  // A rate that many factors have made 0 trains nothing, and none may be 0.
  return step => Math.max(Number.MIN_VALUE, rate * factor ** Math.floor(step / every))
}

/**
 * Falls as half a cosine, from near `rate` at the first of `steps` to near 0 at the last: rate · (1 + cos(π · (step + ½) / steps)) / 2. After
 * the last it stays there. Loshchilov, Hutter: SGDR, 2017, without restarts.
 *
 * @throws RangeError where `steps` is below 1.
 */
export function cosineRate(rate: number, steps: number): RateSchedule {
  checkRate(rate)
  if (!(steps >= 1)) throw new RangeError(`schedule: steps must be at least 1; got ${steps}`)
  return step => (rate * (1 + Math.cos((Math.PI * (Math.min(step, steps - 1) + 0.5)) / steps))) / 2
}

/**
 * Rises evenly over the first `steps`, up to the first rate of `schedule`, which goes on from there.
 *
 * @throws RangeError where `steps` is below 0.
 */
export function warmedUp(schedule: RateSchedule, steps: number): RateSchedule {
  if (!(steps >= 0)) throw new RangeError(`schedule: a warm-up must have at least 0 steps; got ${steps}`)
  const first = schedule(0)
  return step => (step < steps ? (first * (Math.floor(step) + 1)) / (steps + 1) : schedule(step - steps))
}

function checkRate(rate: number): void {
  if (!(rate > 0 && Number.isFinite(rate)))
    throw new RangeError(`schedule: the rate must be above 0; got ${rate}`)
}
