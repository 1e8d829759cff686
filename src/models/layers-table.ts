import type { LayerVariable } from '@tensorflow/tfjs-layers'
import type { Tensorflow } from '../../kernels/tensorflow.ts'
import type { RowChanges, TableShape } from '../types.ts'
import { gainOf, shareSent, workersKnown } from './layers-merge.ts'
import { Packing } from './layers-packing.ts'
import { applyRow, ROW_VALUES, restoreRow } from './layers-rows.ts'
import { rowEnergy, topRows } from './layers-top-rows.ts'
import { type Parameter, placeOf, WeightRows } from './layers-weights.ts'

/** What goes into a pack. */
export interface PackRules {
  /** Rows it may have; it goes on where the last one ended. */
  readonly limit: number
  /** Rows it has at most, those of the greatest squared change; the others wait. Undefined: all. */
  readonly topRows: number | undefined
  readonly replicas: number
  /** As in `shareSent`; undefined: 1 over the steps that a row's change holds. */
  readonly gain: number | undefined
  /** Steps made since the start. */
  readonly steps: number
}

export interface PackedTable {
  readonly changes: RowChanges
  /** Whether the limit left rows for the next pack. */
  readonly hasMore: boolean
  /** Rows that were not finite or out of range, and were put back. */
  readonly sick: number
}

/** What a table holds beside the weights. */
export interface TableState {
  readonly shared: Int32Array<ArrayBuffer>
  readonly initial: Int32Array<ArrayBuffer>
  readonly contributions: Uint32Array<ArrayBuffer>
  readonly workers: Float32Array<ArrayBuffer>
  readonly packedAt: Uint32Array<ArrayBuffer>
  /** Where the next pack goes on. */
  readonly next: number
}

/**
 * Some weights of a network as one table: each begins a row of its own. What is agreed on is kept here; the weights stay where they
 * are, read in place, and replaced as a whole where they change.
 */
export class DenseTable {
  readonly shape: TableShape
  /** Rows that hold weights; those from here to the capacity stay zero. */
  readonly rows: number
  readonly shared: Int32Array<ArrayBuffer>
  /** What every replica of this network begins with. */
  readonly initial: Int32Array<ArrayBuffer>
  readonly #weights: WeightRows
  /** For each row, the packs of others since the last own one, and how many replicas were at work on it before. */
  readonly #contributions: Uint32Array<ArrayBuffer>
  readonly #workers: Float32Array<ArrayBuffer>
  /** For each row, the step after which it was packed last. */
  readonly #packedAt: Uint32Array<ArrayBuffer>
  /** Where the next pack goes on, if the last one was full. */
  #next = 0

  constructor(
    tensorflow: Tensorflow,
    weights: readonly LayerVariable[],
    { name, unit, capacity }: Pick<TableShape, 'name' | 'unit' | 'capacity'>
  ) {
    this.#weights = new WeightRows(tensorflow, weights)
    this.rows = this.#weights.rows
    this.shape = { name, dim: ROW_VALUES, unit, capacity }
    this.shared = new Int32Array(this.rows * ROW_VALUES)
    this.#contributions = new Uint32Array(this.rows)
    this.#workers = new Float32Array(this.rows)
    this.#packedAt = new Uint32Array(this.rows)
    this.initial = new Int32Array(this.shared.length)
  }

  /** Takes the weights as they are for what every replica begins with. Comes before all else. */
  async begin(): Promise<void> {
    const { unit } = this.shape
    await this.#weights.begin((values, firstRow) => {
      const at = firstRow * ROW_VALUES
      for (let i = 0; i < values.length; i++) this.shared[at + i] = Math.round(values[i] / unit)
    })
    this.initial.set(this.shared)
  }

  /** A copy of what it holds. */
  save(): TableState {
    return {
      shared: this.shared.slice(),
      initial: this.initial.slice(),
      contributions: this.#contributions.slice(),
      workers: this.#workers.slice(),
      packedAt: this.#packedAt.slice(),
      next: this.#next
    }
  }

  /** Goes on with what another table of the same weights held, in the place of `begin`. */
  restore({ shared, initial, contributions, workers, packedAt, next }: TableState): void {
    this.shared.set(shared)
    this.initial.set(initial)
    this.#contributions.set(contributions)
    this.#workers.set(workers)
    this.#packedAt.set(packedAt)
    this.#next = next
  }

  /** Packs what was trained; `rest` is awaited between weights. */
  async pack(rules: PackRules, rest: () => Promise<void>): Promise<PackedTable> {
    const { limit, replicas, gain, steps } = rules
    const chosen =
      rules.topRows === undefined ? undefined : await this.#top(Math.min(rules.topRows, limit), rest)
    const packing = new Packing(Math.min(limit, this.rows))
    const largest = 0.9 * 2 ** 31 * this.shape.unit
    const begun = this.#next
    for (const parameter of this.#weights.all) {
      if (parameter.endRow <= begun || packing.full) continue
      const first = Math.max(begun, parameter.firstRow)
      const packRows = (weights: Float32Array) => {
        for (let row = first; row < parameter.endRow && !packing.full; row++) {
          this.#next = row + 1
          if (chosen !== undefined && chosen[row] === 0) continue
          const contributions = this.#contributions[row]
          const workers = this.#workers[row]
          const share = gain ?? gainOf(steps - this.#packedAt[row])
          const alpha = shareSent(workers, contributions, replicas, share)
          packing.add(row, placeOf(parameter, row, weights, this.shared), this.shape.unit, alpha, largest)
          this.#workers[row] = workersKnown(workers, contributions, replicas)
          this.#contributions[row] = 0
          this.#packedAt[row] = steps
        }
      }
      if (replicas <= 1) await this.#weights.look(parameter, packRows)
      else await this.#weights.change(parameter, packRows)
      await rest()
    }
    // Rows that were not chosen wait until they have changed more than others.
    const hasMore = chosen === undefined && this.#next < this.rows
    if (!hasMore) this.#next = 0
    for (const parameter of this.#weights.all) await this.#restore(parameter, packing.sick)
    return { changes: packing.changes(), hasMore, sick: packing.sick.length }
  }

  /** Marks the rows that have changed most since they were packed. */
  async #top(count: number, rest: () => Promise<void>): Promise<Uint8Array> {
    const energies = new Float64Array(this.rows)
    for (const parameter of this.#weights.all) {
      await this.#weights.look(parameter, weights => {
        for (let row = parameter.firstRow; row < parameter.endRow; row++)
          energies[row] = rowEnergy(placeOf(parameter, row, weights, this.shared), this.shape.unit)
      })
      await rest()
    }
    return topRows(energies, count)
  }

  async apply(changes: RowChanges, rest: () => Promise<void>): Promise<void> {
    const { rows, values, shifts, counts } = changes
    let i = 0
    for (const parameter of this.#weights.all) {
      if (i === rows.length) break
      if (rows[i] >= parameter.endRow) continue
      await this.#weights.change(parameter, weights => {
        for (; i < rows.length && rows[i] < parameter.endRow; i++) {
          const place = placeOf(parameter, rows[i], weights, this.shared)
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
    await this.#weights.change(parameter, weights => {
      for (const row of own) restoreRow(placeOf(parameter, row, weights, this.shared), this.shape.unit)
    })
  }
}
