import { type Tensor, tensor } from '@tensorflow/tfjs-core'
import type { LayerVariable } from '@tensorflow/tfjs-layers'
import type { Tensorflow } from '../../kernels/tensorflow.ts'
import type { RowChanges, TableShape } from '../types.ts'
import { shareSent, workersKnown } from './layers-merge.ts'
import { applyRow, packRow, type RowPlace, restoreRow } from './layers-rows.ts'

/** Values in a row: enough that a row's key on the wire is small beside it, few enough that rows differ in how far they move. */
export const ROW_VALUES = 256

/** One weight of the network, cut into rows; the last one is filled up with zeros that nothing changes. */
interface Parameter {
  readonly weight: LayerVariable
  readonly size: number
  readonly firstRow: number
  readonly endRow: number
}

export interface PackedTable {
  readonly changes: RowChanges
  /** Whether the limit left rows for the next pack. */
  readonly hasMore: boolean
  /** Rows that were not finite or out of range, and were put back. */
  readonly sick: number
}

/**
 * Some weights of a network as one table: each begins a row of its own. What is agreed on is kept here; the weights stay where they
 * are, read in place, and replaced as a whole where they change.
 */
export class DenseTable {
  readonly shape: TableShape
  /** Rows that hold weights; those from here to the capacity stay zero. */
  readonly rows: number
  readonly shared: Int32Array
  /** What every replica of this network begins with. */
  readonly initial: Int32Array
  readonly #tensorflow: Tensorflow
  readonly #parameters: readonly Parameter[]
  /** For each row, the packs of others since the last own one, and how many replicas were at work on it before. */
  readonly #contributions: Uint32Array
  readonly #workers: Float32Array
  /** Where the next pack goes on, if the last one was full. */
  #next = 0

  constructor(
    tensorflow: Tensorflow,
    weights: readonly LayerVariable[],
    { name, unit, capacity }: Pick<TableShape, 'name' | 'unit' | 'capacity'>
  ) {
    this.#tensorflow = tensorflow
    let firstRow = 0
    this.#parameters = weights.map(weight => {
      const values = weight.read()
      const parameter = { weight, size: values.size, firstRow, endRow: firstRow + rowsOf(values) }
      firstRow = parameter.endRow
      return parameter
    })
    this.rows = firstRow
    this.shape = { name, dim: ROW_VALUES, unit, capacity }
    this.shared = new Int32Array(this.rows * ROW_VALUES)
    this.#contributions = new Uint32Array(this.rows)
    this.#workers = new Float32Array(this.rows)
    this.initial = new Int32Array(this.shared.length)
  }

  /** Takes the weights as they are for what every replica begins with. Comes before all else. */
  async begin(): Promise<void> {
    const { unit } = this.shape
    for (const { weight, firstRow } of this.#parameters) {
      const values = await weight.read().data<'float32'>()
      const at = firstRow * ROW_VALUES
      for (let i = 0; i < values.length; i++) this.shared[at + i] = Math.round(values[i] / unit)
      // Wherever the network was made, from here on it is on this backend.
      const here = tensor(values.slice(), weight.read().shape)
      weight.write(here)
      here.dispose()
    }
    this.initial.set(this.shared)
  }

  /** Packs at most `limit` rows, going on where the last pack ended; `gain` as in `shareSent`; `rest` is awaited between weights. */
  async pack(limit: number, replicas: number, gain: number, rest: () => Promise<void>): Promise<PackedTable> {
    const packing = new Packing(Math.min(limit, this.rows))
    const largest = 0.9 * 2 ** 31 * this.shape.unit
    const begun = this.#next
    for (const parameter of this.#parameters) {
      if (parameter.endRow <= begun || packing.full) continue
      const first = Math.max(begun, parameter.firstRow)
      const packRows = (weights: Float32Array) => {
        for (let row = first; row < parameter.endRow && !packing.full; row++) {
          const contributions = this.#contributions[row]
          const alpha = shareSent(this.#workers[row], contributions, replicas, gain)
          packing.add(row, this.#place(parameter, row, weights), this.shape.unit, alpha, largest)
          this.#workers[row] = workersKnown(this.#workers[row], contributions, replicas)
          this.#contributions[row] = 0
          this.#next = row + 1
        }
      }
      if (replicas <= 1) await this.#tensorflow.look(parameter.weight.read(), packRows)
      else await this.#replace(parameter, packRows)
      await rest()
    }
    const hasMore = this.#next < this.rows
    if (!hasMore) this.#next = 0
    for (const parameter of this.#parameters) await this.#restore(parameter, packing.sick)
    return { changes: packing.changes(), hasMore, sick: packing.sick.length }
  }

  async apply(changes: RowChanges, rest: () => Promise<void>): Promise<void> {
    const { rows, values, shifts, counts } = changes
    let i = 0
    for (const parameter of this.#parameters) {
      if (i === rows.length) break
      if (rows[i] >= parameter.endRow) continue
      await this.#replace(parameter, weights => {
        for (; i < rows.length && rows[i] < parameter.endRow; i++) {
          const place = this.#place(parameter, rows[i], weights)
          applyRow(place, this.shape.unit, values, i * ROW_VALUES, shifts[i])
          this.#contributions[rows[i]] += counts[i]
        }
      })
      await rest()
    }
  }

  /** Puts rows (ascending) back to what is agreed on. */
  async #restore(parameter: Parameter, rows: readonly number[]): Promise<void> {
    const own = rows.filter(row => row >= parameter.firstRow && row < parameter.endRow)
    if (own.length === 0) return
    await this.#replace(parameter, weights => {
      for (const row of own) restoreRow(this.#place(parameter, row, weights), this.shape.unit)
    })
  }

  /** Gives a weight new values: the old ones, changed. */
  async #replace({ weight }: Parameter, change: (weights: Float32Array) => void): Promise<void> {
    const replaced = await this.#tensorflow.changed(weight.read(), change)
    weight.write(replaced)
    replaced.dispose()
  }

  #place({ firstRow, size }: Parameter, row: number, weights: Float32Array): RowPlace {
    const at = (row - firstRow) * ROW_VALUES
    return {
      weights,
      at,
      shared: this.shared,
      to: row * ROW_VALUES,
      length: Math.min(ROW_VALUES, size - at)
    }
  }
}

/** Rows that a weight takes. */
export function rowsOf({ size }: Pick<Tensor, 'size'>): number {
  return Math.ceil(size / ROW_VALUES)
}

/** A pack while it is made. */
class Packing {
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
