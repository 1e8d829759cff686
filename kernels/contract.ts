// What a device must offer. kernels/webgpu and kernels/wasm implement exactly this; nothing above
// kernels/ knows which of the two it is using.
//
// Random numbers. Everything random on a device is a function of a key and a counter, so that both devices, the
// float64 references and a resumed run draw the same numbers:
//
//   mix(x)            x ^= x >>> 16; x *= 0x21f0aaad; x ^= x >>> 15; x *= 0x735a2d97; x ^= x >>> 15   (u32)
//   random(key, c)    mix(key + c * 0x9e3779b9)                                                      (u32)
//   below(r, n)       column = high 32 bits of r * n, fraction = low 32 bits of r * n

/** A slot that separates lines: windows do not reach across it. */
export const BREAK = 0xffff_ffff

/** Slots in one training batch, breaks included. Windows do not reach across batches. */
export const BATCH_SLOTS = 8192

/** The loss is measured at every LOSS_STRIDE-th kept word of a batch, starting with the first. */
export const LOSS_STRIDE = 16

export type DeviceKind = 'webgpu' | 'wasm'

/** Fields of a table that can be read and written from the host. */
export interface TableFields {
  /** f32 [rows, dim]: what training changes and prediction reads. */
  weights: Float32Array<ArrayBuffer>
  /** i32 [rows, dim], in the table's unit: the value all peers agree on. */
  shared: Int32Array<ArrayBuffer>
  /** f32 [rows]: Adagrad's G, the running sum of mean squared gradients. */
  accumulator: Float32Array<ArrayBuffer>
  /** i32 [rows], in units of ACCUMULATOR_UNIT: the part of G all peers agree on. */
  sharedAccumulator: Int32Array<ArrayBuffer>
  /** f32 [rows]: m, the estimate of how many replicas work on the row; its rate is multiplied by m. 1 for a lone peer. */
  multiplier: Float32Array<ArrayBuffer>
  /** u32 [rows]: contributions of other replicas applied since the last pack. */
  contributions: Uint32Array<ArrayBuffer>
  /** u32 [rows]: windows that used the row since the last pack; above 0 means touched. */
  hits: Uint32Array<ArrayBuffer>
}
export type TableField = keyof TableFields

/** The unit of `sharedAccumulator`. */
export const ACCUMULATOR_UNIT = 2 ** -14

export interface TableOptions {
  readonly name: string
  /** Rows the table can hold. */
  readonly capacity: number
  /** Values in a row: a multiple of 4, at most 1024. */
  readonly dim: number
  /** Size of one step of `shared`; a power of two. Default 2^-20. */
  readonly unit?: number
  /** How `initRows` fills a row: drawn from its key, uniform in (-spread, spread) / dim, or zero. */
  readonly init: 'uniform' | 'zero'
  /** A power of two, 0.5 to 8. Default 0.5, as in word2vec.c. */
  readonly spread?: number
}

/** Parameters as rows of equal width, on a device. */
export interface Table {
  readonly name: string
  readonly capacity: number
  readonly dim: number
  readonly unit: number
  /**
   * Fills rows `first … first + count - 1` as new, `keys` holding two u32 (low, high) for each: shared from the key
   * (or zero), weights = unit · shared, `multiplier` (default 1), all else 0. Element d of a uniform row has
   *   r = random(mix(high ^ mix(low)), d);  shared = i32((r >> 8) - 2^23) / i32(dim * 8 / spread), truncated   (unit 2^-20)
   */
  initRows(first: number, keys: Uint32Array, multiplier?: number): void
  /** Copies rows `first … first + count - 1` of a field to the host, after all work accepted before. */
  read<Field extends TableField>(field: Field, first: number, count: number): Promise<TableFields[Field]>
  /** Replaces rows of a field from the host, after all work accepted before. */
  write<Field extends TableField>(field: Field, first: number, values: TableFields[Field]): Promise<void>
  destroy(): void
}

/** What pack hands out: n rows, ascending by row on every device. */
export interface PackedRows {
  readonly rows: Uint32Array<ArrayBuffer> // [n]
  readonly shifts: Uint8Array<ArrayBuffer> // [n], the increment of a value is q << shift, in the table's unit
  readonly values: Int8Array<ArrayBuffer> // [n, dim]
  readonly accumulators: Int32Array<ArrayBuffer> // [n], in ACCUMULATOR_UNIT
}

/** What apply takes: n distinct rows. */
export interface RowIncrements {
  readonly rows: Uint32Array<ArrayBuffer> // [n]
  /** [n, dim], in the table's unit, each to be shifted to the left by its row's `shifts`. */
  readonly increments: Int8Array<ArrayBuffer> | Int16Array<ArrayBuffer> | Int32Array<ArrayBuffer>
  readonly shifts?: Uint8Array<ArrayBuffer> // [n], 0 to 24; without them 0
  readonly accumulators: Int32Array<ArrayBuffer> // [n], in ACCUMULATOR_UNIT
  readonly counts: Uint32Array<ArrayBuffer> // [n], how many packs are summed in the row
}

/** The k nearest rows of each query, best first; where fewer rows exist, k is that number. */
export interface NearestRows {
  readonly k: number
  readonly rows: Uint32Array<ArrayBuffer> // [queries, k]
  readonly scores: Float32Array<ArrayBuffer> // [queries, k], cosine
}

export type Optimizer =
  /**
   * Row-wise Adagrad (Duchi et al. 2011, one G a row): G += m · mean(g²); row += m · rate · g / √(initial + G), nothing
   * where that is 0. `initial` is 0 or more, one for each table, by default 0: a row's first steps are rate / √initial
   * times the gradient, as plain SGD's, and fall once G outgrows it.
   */
  | { readonly kind: 'adagrad'; readonly initial?: { readonly input: number; readonly output: number } }
  /** row += m · rate · g; on webgpu the step of a row and batch is clipped to the norm `clip` (default 0.5). */
  | { readonly kind: 'sgd'; readonly clip?: number }

export interface SkipGramOptions {
  readonly input: Table
  readonly output: Table
  /** Greatest distance of a context word, 1 to 15; each centre word draws its own radius, 1 to window. */
  readonly window: number
  /** Negatives drawn for each centre word and shared by its window, 1 to 31. */
  readonly negatives: number
  readonly optimizer: Optimizer
}

/** For each row of the vocabulary: how often it is kept, and Walker's alias table of the noise distribution. */
export interface Sampling {
  readonly keep: Uint32Array // [rows], an occurrence is kept where random <= keep
  readonly threshold: Uint32Array // [rows], column c of the alias table gives c where fraction < threshold, else alias[c]
  readonly alias: Uint32Array // [rows]
}

export interface SkipGramBatch {
  /** At most BATCH_SLOTS slots, BREAK between lines. Copied before `train` returns. */
  readonly slots: Uint32Array
  /** Key of every random number of this batch; differs from batch to batch. */
  readonly key: number
  /** Learning rate (η). */
  readonly rate: number
}

/**
 * Skip-gram with negative sampling (Mikolov et al. 2013), negatives shared by the window (HogBatch, Ji et al. 2016).
 *
 * One batch: slot i is kept where random(key, i * 64) <= keep[slot]; breaks are kept. Over the kept list, the p-th being
 * word w: radius = 1 + below(random(key, p * 64 + 1), window).column; negative j = 0, 1, … is
 * below(random(key, p * 64 + 2 + j), rows) through the alias table. A negative equal to w, or to an earlier negative of
 * the same window, is left out. Contexts are the kept words at distance 1 … radius, up to a break or the batch's end.
 * For each context row x of `input` and each output row y of `output` (w with label 1, negatives with label 0):
 * e = label - σ(x · y); the gradient of x is Σ e·y over the outputs, the gradient of y is Σ e·x over the contexts.
 *
 * On `wasm` the rows are updated after each window (with more than one thread, Hogwild); on `webgpu` the gradients of a
 * whole batch are summed in fixed point (2^16) and applied at its end, so two runs are bit-equal.
 */
export interface SkipGram {
  /** Replaces the sampling tables for the batches given after this call. */
  setSampling(sampling: Sampling): Promise<void>
  /** Gives one batch to the device; resolves when there is room for another. */
  train(batch: SkipGramBatch): Promise<void>
  /** Resolves when everything accepted has been trained. */
  drain(): Promise<void>
  /** Loss since the last call (or the start): sum over measured contexts of -log σ(±x·y) over its outputs, and their number. */
  loss(): Promise<{ sum: number; contexts: number }>
  destroy(): Promise<void>
}

export interface Roof {
  /** Bytes read plus bytes written a second by a large copy on the device, in 10^9. */
  readonly copyGBps: number
  /** f32 multiply-adds counted as two operations, in 10^9 a second. */
  readonly peakGFlops: number
}

export interface Device {
  readonly kind: DeviceKind
  /** Adapter or engine, for people: `SwiftShader Device (Subzero)`, `WASM SIMD, relaxed, 2 threads`. */
  readonly name: string
  /** Whether the same calls give the same bits. */
  readonly deterministic: boolean
  /** Name and value of everything `tensair doctor` prints: adapter, limits, features, threads. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  /** Resolves, with one clear line, if the device is lost or out of memory; never rejects. */
  readonly lost: Promise<DeviceLostError>
  createTable(options: TableOptions): Promise<Table>
  createSkipGram(options: SkipGramOptions): Promise<SkipGram>
  /**
   * Takes what training did to touched rows since the last pack (at most `limit` rows, lowest first): d = weights - unit·shared, c = min(1 + contributions, replicas), α = 1 / max(m, c),
   * the smallest shift with max|α·d| / (unit·2^shift) <= 7, q = round(α·d / (unit·2^shift)); shared += q << shift;
   * weights = (unit·shared before) + α·d where α < 1. The accumulator's growth is handed on divided by m, rounded to ACCUMULATOR_UNIT, the rest kept.
   * m = (m + c) / 2; contributions = hits = 0. A row whose q are all zero is not handed out and stays touched.
   * `replicas`: how many train the table, since one that packs seldom gets several contributions of each; default any number.
   */
  pack(table: Table, limit?: number, replicas?: number): Promise<PackedRows>
  /** shared += increment; weights += unit·increment; the same for the accumulator; contributions += count. */
  apply(table: Table, delta: RowIncrements): Promise<void>
  /** Rows 0 … rows-1 of greatest cosine with each of the queries, f32 [queries, dim]; rows of norm 0 score 0; ties go to the lower row. */
  nearest(table: Table, rows: number, queries: Float32Array, k: number): Promise<NearestRows>
  /** Puts rows 0 … rows-1 whose weights are not finite, or beyond `limit` in size, back to unit·shared, their accumulators to the shared part; returns them, ascending. */
  checkRows(table: Table, rows: number, limit: number): Promise<Uint32Array<ArrayBuffer>>
  /** Measures the device's own limits (takes about a second). */
  measureRoof(): Promise<Roof>
  close(): Promise<void>
}

/** The device is gone or out of memory; what was trained since the last checkpoint is lost. */
export class DeviceLostError extends Error {
  override name = 'DeviceLostError'
}
