// Hashes that two machines compare instead of rows. They are a format: peers of one swarm must have the same.

/**
 * Writes a 64-bit hash of `values[first … end)` and one number more to `out[at]` and `out[at + 1]`. Not cryptographic: it
 * finds what differs by accident, not what was made to collide.
 */
export function hashRow(
  values: Int32Array,
  first: number,
  end: number,
  more: number,
  out: Uint32Array,
  at: number
): void {
  let a = 0x243f6a88 ^ more
  let b = 0x85a308d3 ^ Math.imul(more, 0x9e3779b1)
  for (let i = first; i < end; i++) {
    const value = values[i]
    a = Math.imul(a ^ value, 0x9e3779b1)
    b = Math.imul(b ^ ((value << 16) | (value >>> 16)), 0x85ebca77)
    a ^= b >>> 15
    b ^= a >>> 13
  }
  b = (b + a) | 0
  a = finish(a + b)
  b = finish(b)
  out[at] = a
  out[at + 1] = a + b
}

/** 128 bits that stand for a set of rows, in whatever order they come. */
export class RowSetHash {
  readonly #sum = new Uint32Array(4)

  /** Adds a row: the table it is of, its key, its hash. */
  add(table: number, keyLow: number, keyHigh: number, hashLow: number, hashHigh: number): void {
    let state = finish(table + 0x9e3779b1)
    state = finish(state ^ keyLow) + keyHigh
    state = finish(state ^ hashLow) + hashHigh
    // Each lane mixes all five numbers anew, so that two sets which agree in one still differ in the others.
    for (let lane = 0; lane < 4; lane++) {
      let x = finish(state + Math.imul(lane + 1, 0x9e3779b1))
      x = finish(x ^ keyLow)
      x = finish(x + keyHigh)
      x = finish(x ^ hashLow)
      this.#sum[lane] += finish(x + hashHigh)
    }
  }

  /** The hash so far, 32 hexadecimal digits. */
  digest(): string {
    return Array.from(this.#sum, lane => lane.toString(16).padStart(8, '0')).join('')
  }
}

/** Murmur3's mix. */
function finish(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}
