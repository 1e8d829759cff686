import type { RowChanges } from '../types.ts'
import { packRow, ROW_VALUES, type RowPlace } from './layers-rows.ts'

/** A pack while it is made. */
export class Packing {
  readonly sick: number[] = []
  readonly #rows: Uint32Array<ArrayBuffer>
  readonly #shifts: Uint8Array<ArrayBuffer>
  readonly #values: Int8Array<ArrayBuffer>
  #count = 0

  constructor(limit: number) {
    this.#rows = new Uint32Array(limit)
    this.#shifts = new Uint8Array(limit)
    this.#values = new Int8Array(limit * ROW_VALUES)
  }

  get full(): boolean {
    return this.#count === this.#rows.length
  }

  add(row: number, place: RowPlace, unit: number, alpha: number, limit: number): void {
    const shift = packRow(place, unit, alpha, limit, this.#values, this.#count * ROW_VALUES)
    if (Number.isNaN(shift)) this.sick.push(row)
    if (!(shift >= 0)) return
    this.#rows[this.#count] = row
    this.#shifts[this.#count] = shift
    this.#count++
  }

  changes(): RowChanges {
    const count = this.#count
    return {
      dim: ROW_VALUES,
      rows: this.#rows.slice(0, count),
      shifts: this.#shifts.slice(0, count),
      values: this.#values.slice(0, count * ROW_VALUES),
      accumulators: new Int32Array(count),
      counts: new Uint32Array(count).fill(1)
    }
  }
}
