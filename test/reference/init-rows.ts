import { mix, random } from './random.ts'

/** `shared` of a new uniform row, in `unit`, by definition. */
export function initRow(low: number, high: number, dim: number, unit = 2 ** -20, spread = 0.5): Int32Array {
  const key = mix((high ^ mix(low)) >>> 0)
  return Int32Array.from({ length: dim }, (_, d) => {
    const drawn = Math.trunc(((random(key, d) >>> 8) - 2 ** 23) / ((dim * 8) / spread)) // in units of 2^-20
    return Math.trunc((drawn * 2 ** -20) / unit)
  })
}
