// What detectors have in common: their types, and the checks of what they are given.

import type { DetectorState } from '../types.ts'

export type { Detector, DetectorState, Verdict } from '../types.ts'

/** Above it sums of squares could overflow. */
const GREATEST = 1e100

/** @throws RangeError where a value is not a number, or above 1e100 in size. */
export function checkNumber(detector: string, value: number): void {
  if (!(Math.abs(value) <= GREATEST)) throw wrongValue(detector, 'a number, at most 1e100 in size', value)
}

/** @throws RangeError where a value is not 0 or 1. */
export function checkError(detector: string, value: number): void {
  if (value !== 0 && value !== 1) throw wrongValue(detector, '0 (right) or 1 (wrong)', value)
}

/** @throws RangeError where a value is not between 0 and 1. */
export function checkShare(detector: string, value: number): void {
  if (!(value >= 0 && value <= 1))
    throw wrongValue(detector, 'an error, or a share of errors, from 0 to 1', value)
}

function wrongValue(detector: string, wanted: string, value: number): RangeError {
  return new RangeError(`${detector}: each value must be ${wanted}; got ${value}`)
}

/** @throws RangeError where an option is not above `above` and below `below`. */
export function checkBetween(
  detector: string,
  option: string,
  value: number,
  above: number,
  below: number
): void {
  if (value > above && value < below) return
  const bounds = below === Number.POSITIVE_INFINITY ? `above ${above}` : `above ${above} and below ${below}`
  throw new RangeError(`${detector}: ${option} must be ${bounds}; got ${value}`)
}

/** @throws RangeError where an option is not a whole number from `least` to `most`. */
export function checkWhole(
  detector: string,
  option: string,
  value: number,
  least: number,
  most: number
): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return
  throw new RangeError(`${detector}: ${option} must be a whole number from ${least} to ${most}; got ${value}`)
}

/**
 * The values of a saved state, of which there must be `count`.
 *
 * @throws RangeError where there are not, or one is not a finite number.
 */
export function savedValues({ detector, values }: DetectorState, count: number): readonly number[] {
  if (values.length !== count || !values.every(Number.isFinite)) {
    throw new RangeError(`${detector}: a saved state must hold ${count} finite numbers; got ${values.length}`)
  }
  return values
}
