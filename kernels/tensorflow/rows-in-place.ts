import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { tensor } from '@tensorflow/tfjs-core'
import {
  cutIntoRows,
  type DenseChanges,
  type DensePack,
  type DensePackRules,
  type DenseRows,
  ROW_VALUES,
  roundToUnits,
  type WeightRows
} from '../dense.ts'
import { applyRow, type RowPlace, restoreRow } from '../dense-law.ts'
import { rowEnergy, topRows } from '../dense-top-rows.ts'
import type { NetworkWeight } from './contract.ts'
import { Packing } from './packing.ts'
import { changedTensor, valuesOf } from './tensor-memory.ts'

interface Weight extends WeightRows {
  readonly weight: NetworkWeight
}

/** Rows of weights that are in the memory of WASM: read in place, and replaced as a whole where they change. */
export class RowsInPlace implements DenseRows {
  readonly rows: number
  readonly #backend: BackendWasm
  readonly #weights: readonly Weight[]
  readonly #unit: number
  readonly #shared: Int32Array<ArrayBuffer>

  constructor(backend: BackendWasm, weights: readonly NetworkWeight[], unit: number) {
    this.#backend = backend
    this.#unit = unit
    const cut = cutIntoRows(weights.map(weight => weight.read().size))
    this.#weights = weights.map((weight, i) => ({ ...cut[i], weight }))
    this.rows = cut.at(-1)?.endRow ?? 0
    this.#shared = new Int32Array(this.rows * ROW_VALUES)
  }

  async begin(): Promise<Int32Array<ArrayBuffer>> {
    for (const { weight, firstRow } of this.#weights) {
      const x = weight.read()
      const values = await x.data<'float32'>()
      roundToUnits(values, this.#unit, this.#shared, firstRow * ROW_VALUES)
      // Wherever the network was made, from here on it is on this backend.
      const here = tensor(values.slice(), x.shape)
      weight.write(here)
      here.dispose()
    }
    return this.#shared.slice()
  }

  async resume(shared: Int32Array): Promise<void> {
    this.#shared.set(shared)
  }

  async pack(rules: DensePackRules, rest: () => Promise<void>): Promise<DensePack> {
    const chosen = rules.top === undefined ? undefined : await this.#top(rules.top, rest)
    const packing = new Packing(Math.min(rules.limit, this.rows), this.#unit)
    for (const weight of this.#weights) {
      const first = Math.max(rules.first, weight.firstRow)
      if (first >= weight.endRow || packing.full) continue
      const packRows = (values: Float32Array) => {
        for (let row = first; row < weight.endRow && !packing.full; row++) {
          if (chosen !== undefined && chosen[row] === 0) continue
          packing.add(row, this.#place(weight, row, values), rules.shares[row])
        }
      }
      const isWhole = rules.shares.subarray(first, weight.endRow).every(share => share === 1)
      if (isWhole) packRows(valuesOf(this.#backend, weight.weight.read()))
      else this.#change(weight, packRows)
      await rest()
    }
    const pack = packing.finish()
    for (const weight of this.#weights) this.#restore(weight, pack.sick)
    return pack
  }

  async apply({ rows, shifts, values }: DenseChanges, rest: () => Promise<void>): Promise<void> {
    let i = 0
    for (const weight of this.#weights) {
      if (i === rows.length) break
      if (rows[i] >= weight.endRow) continue
      this.#change(weight, weights => {
        for (; i < rows.length && rows[i] < weight.endRow; i++)
          applyRow(this.#place(weight, rows[i], weights), this.#unit, values, i * ROW_VALUES, shifts[i])
      })
      await rest()
    }
  }

  async read(rows?: Uint32Array): Promise<Int32Array<ArrayBuffer>> {
    if (rows === undefined) return this.#shared
    const found = new Int32Array(rows.length * ROW_VALUES)
    for (const [i, row] of rows.entries())
      found.set(this.#shared.subarray(row * ROW_VALUES, (row + 1) * ROW_VALUES), i * ROW_VALUES)
    return found
  }

  destroy(): void {}

  /** Marks the rows that have changed most since they were packed. */
  async #top(count: number, rest: () => Promise<void>): Promise<Uint8Array> {
    const energies = new Float64Array(this.rows)
    for (const weight of this.#weights) {
      const values = valuesOf(this.#backend, weight.weight.read())
      for (let row = weight.firstRow; row < weight.endRow; row++)
        energies[row] = rowEnergy(this.#place(weight, row, values), this.#unit)
      await rest()
    }
    return topRows(energies, count)
  }

  /** Puts rows (ascending) back to what is agreed on. */
  #restore(weight: Weight, rows: Uint32Array): void {
    const own = rows.filter(row => row >= weight.firstRow && row < weight.endRow)
    if (own.length === 0) return
    this.#change(weight, values => {
      for (const row of own) restoreRow(this.#place(weight, row, values), this.#unit)
    })
  }

  #change({ weight }: Weight, change: (values: Float32Array) => void): void {
    const changed = changedTensor(this.#backend, weight.read(), change)
    weight.write(changed)
    changed.dispose()
  }

  #place({ firstRow, size }: WeightRows, row: number, weights: Float32Array): RowPlace {
    const at = (row - firstRow) * ROW_VALUES
    const length = Math.min(ROW_VALUES, size - at)
    return { weights, at, shared: this.#shared, to: row * ROW_VALUES, length }
  }
}
