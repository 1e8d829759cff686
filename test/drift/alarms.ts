import type { Detector } from '../../src/types.ts'

/** Places of the values, counted from 1, at which a detector finds a drift. */
export function alarmsOf(detector: Detector, values: readonly number[]): number[] {
  const places: number[] = []
  for (const [i, value] of values.entries()) {
    if (detector.update(value) === 'drift') places.push(i + 1)
  }
  return places
}

/** Errors of 0 and 1 from the generator x = (1103515245 x + 12345) mod 2^31, the first x being 12345. */
export function congruentialErrors(share: (i: number) => number, count: number): number[] {
  let x = 12345
  return Array.from({ length: count }, (_, i) => {
    x = (Math.imul(1103515245, x) + 12345) & 0x7fffffff
    return x / 2 ** 31 < share(i) ? 1 : 0
  })
}
