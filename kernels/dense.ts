// The rows of a dense network: what a device does with them. The law of `pack` and `apply` is kernels/dense-law.ts.

/** Values in a row: enough that a row's key on the wire is small beside it, few enough that rows differ in how far they move. */
export const ROW_VALUES = 256

/** Rows packed. */
export interface DenseChanges {
  readonly rows: Uint32Array<ArrayBuffer> // [n], ascending, each once
  readonly shifts: Uint8Array<ArrayBuffer> // [n], 0 to 24
  /** [n, 256]: row i of `shared` changes by values[i] << shifts[i], wrapping at 32 bits. */
  readonly values: Int8Array<ArrayBuffer> | Int16Array<ArrayBuffer> | Int32Array<ArrayBuffer>
}

export interface DensePackRules {
  /** The first row to look at. */
  readonly first: number
  /** Rows that a pack has at most; those behind the last of them are not looked at. */
  readonly limit: number
  /** Rows to look at, at most: those of the greatest squared change, the first of equal ones, none that has not changed. Undefined: all. */
  readonly top: number | undefined
  /** α of each row, as `exactShare` gives it. */
  readonly shares: Float64Array // [rows]
}

export interface DensePack extends DenseChanges {
  readonly values: Int8Array<ArrayBuffer>
  /** Rows looked at, ascending: those packed, those of which nothing was left to pack, and the sick. */
  readonly looked: Uint32Array<ArrayBuffer>
  /** Rows that were not finite, out of range, or changed by more than a shift of 24 can say; their weights are unit · shared again. */
  readonly sick: Uint32Array<ArrayBuffer>
}

/**
 * Weights of a network cut into rows, and `shared`, i32 [rows, 256], what a swarm has agreed on about them. Each weight begins a row of
 * its own; its last one is filled up with zeros that nothing changes. `begin` or `resume` comes before all else, and each call when the
 * one before it is over. `rest` is awaited where the calling thread computes, between two weights.
 */
export interface DenseRows {
  readonly rows: number
  /** Sets `shared` to the weights in units, rounded, and returns a copy. The weights move to this device. */
  begin(): Promise<Int32Array<ArrayBuffer>>
  /** Goes on with what another's `shared` was. */
  resume(shared: Int32Array<ArrayBuffer>): Promise<void>
  /**
   * Packs α of what changed. Where α < 1 the rest of the change leaves the weights too. Every device packs the same of equal weights, as
   * far as 53 bits of a change tell halves from what is next to them; the weights may then differ by one rounding to 32 bits.
   */
  pack(rules: DensePackRules, rest: () => Promise<void>): Promise<DensePack>
  /** shared += values << shifts, weights += unit · the same; of rows that are not there nothing. */
  apply(changes: DenseChanges, rest: () => Promise<void>): Promise<void>
  /** `shared` of some rows, zeros of those that are not there; or of all, to be read and not kept. */
  read(rows?: Uint32Array): Promise<Int32Array<ArrayBuffer>>
  /** Gives its memory back; the weights stay. */
  destroy(): void
}

/** Weights in the memory of a WebGPU device. */
export interface WeightBuffers {
  /** Values of each weight. */
  readonly sizes: readonly number[]
  /** Brings a weight to the device, into a buffer of its own, and returns its values; to be read, and not kept. */
  bring(weight: number): Promise<Float32Array>
  /** The buffer that a weight's values are in now, f32 [size], and no other tensor's. */
  buffer(weight: number): GPUBuffer
  /** Submits what was recorded for the weights and is not submitted yet. */
  submit(): void
  /** Says that a weight's values were changed where they are. */
  changed(weight: number): void
}

/** The rows of one weight. */
export interface WeightRows {
  readonly size: number
  readonly firstRow: number
  readonly endRow: number
}

/** Numbers the rows of weights of these sizes through. */
export function cutIntoRows(sizes: readonly number[]): WeightRows[] {
  let firstRow = 0
  return sizes.map(size => {
    const weight = { size, firstRow, endRow: firstRow + rowsOf(size) }
    firstRow = weight.endRow
    return weight
  })
}

/** Rows that so many values take. */
export function rowsOf(size: number): number {
  return Math.ceil(size / ROW_VALUES)
}

/** The share of a change that is packed, made a multiple of 2^-32: what every device multiplies by exactly. `share` is above 0, at most 1. */
export function exactShare(share: number): number {
  return Math.max(1, Math.round(share * 2 ** 32)) / 2 ** 32
}

/** `shared` of weights in units, halves up. */
export function roundToUnits(weights: Float32Array, unit: number, shared: Int32Array, to: number): void {
  for (let i = 0; i < weights.length; i++) shared[to + i] = Math.round(weights[i] / unit)
}

/** Weights beyond it are sick: nine tenths of what 32 bits can say. */
export function largestWeight(unit: number): number {
  return 0.9 * 2 ** 31 * unit
}
