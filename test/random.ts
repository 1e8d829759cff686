/** Values in [-1, 1) from a fixed seed (mulberry32), so that a failure repeats. */
export function randomValues(count: number, seed: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count)
  let state = seed >>> 0
  for (let i = 0; i < count; i++) {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    values[i] = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1
  }
  return values
}

/** Whole numbers from 0 to below `limit` from a fixed seed. */
export function randomRows(count: number, limit: number, seed: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from(randomValues(count, seed), value => Math.floor(((value + 1) / 2) * limit))
}
