import { type Tensor, tensor } from '@tensorflow/tfjs-core'
import type { LayerVariable } from '@tensorflow/tfjs-layers'
import type { Tensorflow } from '../../kernels/tensorflow.ts'
import { ROW_VALUES, type RowPlace } from './layers-rows.ts'

/** One weight of the network, cut into rows; the last one is filled up with zeros that nothing changes. */
export interface Parameter {
  readonly weight: LayerVariable
  readonly size: number
  readonly firstRow: number
  readonly endRow: number
}

/** Weights whose rows are numbered through: each begins a row of its own. They are read in place, and replaced as a whole where they change. */
export class WeightRows {
  readonly all: readonly Parameter[]
  readonly rows: number
  readonly #tensorflow: Tensorflow

  constructor(tensorflow: Tensorflow, weights: readonly LayerVariable[]) {
    this.#tensorflow = tensorflow
    let firstRow = 0
    this.all = weights.map(weight => {
      const values = weight.read()
      const parameter = { weight, size: values.size, firstRow, endRow: firstRow + rowsOf(values) }
      firstRow = parameter.endRow
      return parameter
    })
    this.rows = firstRow
  }

  /** Shows each weight's values, and where its rows begin. Wherever the network was made, from here on it is on this backend. */
  async begin(see: (values: Float32Array, firstRow: number) => void): Promise<void> {
    for (const { weight, firstRow } of this.all) {
      const values = await weight.read().data<'float32'>()
      see(values, firstRow)
      const here = tensor(values.slice(), weight.read().shape)
      weight.write(here)
      here.dispose()
    }
  }

  /** Shows a weight's values, to be read and not kept. */
  look({ weight }: Parameter, use: (weights: Float32Array) => void): Promise<void> {
    return this.#tensorflow.look(weight.read(), use)
  }

  /** Gives a weight new values: the old ones, changed. */
  async change({ weight }: Parameter, change: (weights: Float32Array) => void): Promise<void> {
    const replaced = await this.#tensorflow.changed(weight.read(), change)
    weight.write(replaced)
    replaced.dispose()
  }
}

/** Where a row of a weight is. */
export function placeOf(
  { firstRow, size }: Parameter,
  row: number,
  weights: Float32Array,
  shared: Int32Array
): RowPlace {
  const at = (row - firstRow) * ROW_VALUES
  return { weights, at, shared, to: row * ROW_VALUES, length: Math.min(ROW_VALUES, size - at) }
}

/** Rows that a weight takes. */
export function rowsOf({ size }: Pick<Tensor, 'size'>): number {
  return Math.ceil(size / ROW_VALUES)
}
