import { type DensePack, largestWeight, ROW_VALUES } from '../dense.ts'
import { packRow, type RowPlace } from '../dense-law.ts'

/** A pack while it is made. */
export class Packing {
  readonly #unit: number
  readonly #largest: number
  readonly #rows: Uint32Array<ArrayBuffer>
  readonly #shifts: Uint8Array<ArrayBuffer>
  readonly #values: Int8Array<ArrayBuffer>
  readonly #looked: number[] = []
  readonly #sick: number[] = []
  #count = 0

  constructor(limit: number, unit: number) {
    this.#unit = unit
    this.#largest = largestWeight(unit)
    this.#rows = new Uint32Array(limit)
    this.#shifts = new Uint8Array(limit)
    this.#values = new Int8Array(limit * ROW_VALUES)
  }

  get full(): boolean {
    return this.#count === this.#rows.length
  }

  add(row: number, place: RowPlace, share: number): void {
    this.#looked.push(row)
    const shift = packRow(place, this.#unit, share, this.#largest, this.#values, this.#count * ROW_VALUES)
    if (Number.isNaN(shift)) this.#sick.push(row)
    if (!(shift >= 0)) return
    this.#rows[this.#count] = row
    this.#shifts[this.#count] = shift
    this.#count++
  }

  finish(): DensePack {
    const count = this.#count
    return {
      rows: this.#rows.slice(0, count),
      shifts: this.#shifts.slice(0, count),
      values: this.#values.slice(0, count * ROW_VALUES),
      looked: Uint32Array.from(this.#looked),
      sick: Uint32Array.from(this.#sick)
    }
  }
}
