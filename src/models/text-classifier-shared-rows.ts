import { ACCUMULATOR_UNIT } from '../../kernels/contract.ts'
import { applyRow, packRow, type RowPlace, restoreRow } from '../../kernels/dense-law.ts'
import type { RowChanges, TableShape } from '../types.ts'
import { shareSent, workersKnown } from './layers-merge.ts'
import type { TrainedRows } from './text-classifier-rows.ts'

/** One step of `shared`. */
export const UNIT = 2 ** -20
/** Weights beyond it are put back: nine tenths of what 32 bits can say. */
const GREATEST = 0.9 * 2 ** 31 * UNIT

/** What peers agree on about some rows. */
export interface SharedValues {
  readonly values: Int32Array<ArrayBuffer> // [rows, dim]
  readonly accumulators: Int32Array<ArrayBuffer> // [rows]
}

/**
 * Rows of weights as a table that a swarm shares. A row that several replicas are at work on moves by the mean of their changes, one
 * that is this one's alone by all of its own: each sends α = 1 / workers of its change, and keeps as much.
 */
export class SharedRows {
  readonly shape: TableShape
  readonly #trained: TrainedRows
  readonly #shared: Int32Array // [rows, dim]
  readonly #accumulators: Int32Array // [rows] in ACCUMULATOR_UNIT, above what each row begins with
  /** Of others, since the last pack of this replica. */
  readonly #contributions: Uint32Array // [rows]
  readonly #workers: Float32Array // [rows]
  /** Where the next pack goes on, if the last one was full. */
  #next = 0

  /** `capacity` is the room that the table has by its shape; `workers` how many replicas a row is worked on by, before that is known. */
  constructor(name: string, trained: TrainedRows, capacity: number, workers: number) {
    const { rows, dim } = trained.options
    this.shape = { name, dim, unit: UNIT, capacity }
    this.#trained = trained
    this.#shared = new Int32Array(rows * dim)
    for (let i = 0; i < this.#shared.length; i++) this.#shared[i] = this.#initial(i)
    this.#accumulators = new Int32Array(rows)
    this.#contributions = new Uint32Array(rows)
    this.#workers = new Float32Array(rows).fill(workers)
  }

  get rows(): number {
    return this.#trained.options.rows
  }

  /** Packs at most `limit` rows that were changed, going on where the last pack ended, and says whether it was full. */
  pack(limit: number, replicas: number): { readonly changes: RowChanges; readonly hasMore: boolean } {
    const { dim } = this.shape
    const { touched } = this.#trained
    const rows: number[] = []
    const shifts: number[] = []
    const accumulators: number[] = []
    const values = new Int8Array(Math.min(limit, this.rows) * dim)
    for (; this.#next < this.rows && rows.length < limit; this.#next++) {
      const row = this.#next
      if (touched[row] === 0) continue
      const contributions = this.#contributions[row]
      // Gain 0: the mean.
      const alpha = shareSent(this.#workers[row], contributions, replicas, 0)
      const shift = packRow(this.#place(row), UNIT, alpha, GREATEST, values, rows.length * dim)
      touched[row] = 0
      if (Number.isNaN(shift)) restoreRow(this.#place(row), UNIT)
      if (!(shift >= 0)) continue
      this.#workers[row] = workersKnown(this.#workers[row], contributions, replicas)
      rows.push(row)
      shifts.push(shift)
      accumulators.push(this.#packAccumulator(row, alpha))
    }
    const hasMore = this.#next < this.rows
    if (!hasMore) {
      this.#next = 0
      // What others did to rows that were not changed here, these have learned from now on.
      this.#contributions.fill(0)
    }
    const changes = {
      dim,
      rows: Uint32Array.from(rows),
      shifts: Uint8Array.from(shifts),
      values: values.slice(0, rows.length * dim),
      accumulators: Int32Array.from(accumulators),
      counts: new Uint32Array(rows.length).fill(1)
    }
    return { changes, hasMore }
  }

  apply({ dim, rows, values, shifts, accumulators, counts }: RowChanges): void {
    const { squares, options } = this.#trained
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]
      applyRow(this.#place(row), UNIT, values, i * dim, shifts[i])
      this.#accumulators[row] += accumulators[i]
      // Rows that become another's may have a smaller sum.
      squares[row] = Math.max(options.accumulator, squares[row] + ACCUMULATOR_UNIT * accumulators[i])
      this.#contributions[row] += counts[i]
    }
  }

  /** The shared values of rows. */
  read(rows: Uint32Array): SharedValues {
    const { dim } = this.shape
    const values = new Int32Array(rows.length * dim)
    for (const [i, row] of rows.entries())
      values.set(this.#shared.subarray(row * dim, (row + 1) * dim), i * dim)
    return { values, accumulators: Int32Array.from(rows, row => this.#accumulators[row]) }
  }

  /** What rows have when they are new. */
  newValues(rows: Uint32Array): SharedValues {
    const { dim } = this.shape
    const values = new Int32Array(rows.length * dim)
    for (const [i, row] of rows.entries()) {
      for (let d = 0; d < dim; d++) values[i * dim + d] = this.#initial(row * dim + d)
    }
    return { values, accumulators: new Int32Array(rows.length) }
  }

  /** Gives rows these shared values; their other values move along. A row that changes counts one contribution. */
  become(rows: Uint32Array, wanted: SharedValues): void {
    const { dim } = this.shape
    const current = this.read(rows)
    for (const [i, row] of rows.entries()) {
      const increments = wanted.values
        .subarray(i * dim, (i + 1) * dim)
        .map((value, d) => value - current.values[i * dim + d])
      const growth = wanted.accumulators[i] - current.accumulators[i]
      if (growth === 0 && increments.every(increment => increment === 0)) continue
      this.apply({
        dim,
        rows: Uint32Array.of(row),
        values: increments,
        shifts: new Uint8Array(1),
        accumulators: Int32Array.of(growth),
        counts: Uint32Array.of(1)
      })
    }
  }

  /** Rounds what the sum of squares has grown by to its unit; the rest is kept for the next pack. */
  #packAccumulator(row: number, alpha: number): number {
    const { squares, options } = this.#trained
    const before = options.accumulator + ACCUMULATOR_UNIT * this.#accumulators[row]
    const growth = alpha * (squares[row] - before)
    const packed = Math.round(growth / ACCUMULATOR_UNIT)
    squares[row] = Math.max(options.accumulator, before + growth)
    this.#accumulators[row] += packed
    return packed
  }

  #place(row: number): RowPlace {
    const { dim } = this.shape
    const at = row * dim
    return { weights: this.#trained.weights, at, shared: this.#shared, to: at, length: dim }
  }

  #initial(at: number): number {
    return Math.round(this.#trained.options.initial(at) / UNIT)
  }
}
