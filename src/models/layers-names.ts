import type { RowNames } from '../types.ts'

/** Rows of a network, whose names are their numbers: every replica has the same, and there are never more. */
export class NumberedRows implements RowNames {
  readonly size: number

  constructor(size: number) {
    this.size = size
  }

  keys(first: number, end: number): Uint32Array {
    const keys = new Uint32Array(Math.max(0, end - first) * 2)
    for (let row = first; row < end; row++) keys[(row - first) * 2] = row
    return keys
  }

  text(): string {
    return ''
  }

  find(low: number, high: number): number {
    return high === 0 && low < this.size ? low : -1
  }

  keyOf(text: string): Uint32Array {
    throw new RangeError(`layers: rows are numbers and have no texts; got ${JSON.stringify(text)}`)
  }

  admit(text: string): number {
    throw new RangeError(
      `layers: a network has ${this.size} rows and gets no others; got ${JSON.stringify(text)}`
    )
  }
}
