import { sumDeltas } from '../../src/delta.ts'
import { hashRow, RowSetHash } from '../../src/models/row-hash.ts'
import type { Delta, SharedReplica, TableShape } from '../../src/types.ts'
import { tableShape } from './deltas.ts'
import { WordNames } from './row-names.ts'

/** A row's shared values, its accumulator last. */
type Row = Int32Array<ArrayBuffer>

/** A replica of two small tables in memory; new rows are zero, and it "trains" what it is told to. */
export class SmallReplica implements SharedReplica {
  readonly tables: readonly TableShape[]
  readonly names: WordNames
  readonly hasMore = false
  readonly spent = 0
  readonly #rows: Map<number, Row>[] = [new Map(), new Map()]
  #trained: Delta[] = []

  constructor({ dim = 4, capacity = 1 << 16 } = {}) {
    this.tables = [tableShape('input', dim, capacity), tableShape('output', dim, capacity)]
    this.names = new WordNames(capacity)
  }

  /** Changes a row of each word in both tables by about `step`. */
  train(words: readonly string[], step = 1): void {
    this.#trained.push(deltaOf(this, words, step))
  }

  async pack(): Promise<Delta> {
    const delta = this.#trained.length > 0 ? sumDeltas(this.#trained) : deltaOf(this, [], 0)
    const once = delta.map(part => ({ ...part, counts: new Uint32Array(part.rows.length).fill(1) }))
    this.#trained = []
    await this.apply(once)
    return once
  }

  async apply(delta: Delta): Promise<void> {
    for (const [table, { dim, rows, shifts, values, accumulators }] of delta.entries()) {
      rows.forEach((row, i) => {
        const shared = this.#row(table, row)
        for (let d = 0; d < dim; d++) shared[d] += values[i * dim + d] << shifts[i]
        shared[dim] += accumulators[i]
      })
    }
  }

  async rowHashes(): Promise<readonly Uint32Array<ArrayBuffer>[]> {
    return this.tables.map((_, table) => {
      const hashes = new Uint32Array(this.names.size * 2)
      for (let row = 0; row < this.names.size; row++) this.#hash(table, row, hashes, row * 2)
      return hashes
    })
  }

  async readShared(rows: readonly Uint32Array<ArrayBuffer>[]): Promise<Delta> {
    return this.tables.map(({ dim }, table) => ({
      dim,
      rows: rows[table].slice(),
      shifts: new Uint8Array(rows[table].length),
      values: Int32Array.from([...rows[table]].flatMap(row => [...this.#row(table, row).subarray(0, dim)])),
      accumulators: Int32Array.from(rows[table], row => this.#row(table, row)[dim]),
      counts: new Uint32Array(rows[table].length)
    }))
  }

  async adopt(state: Delta, fresh: readonly Uint32Array<ArrayBuffer>[]): Promise<void> {
    for (const [table, { rows }] of state.entries()) {
      for (const row of [...rows, ...fresh[table]]) this.#row(table, row).fill(0)
    }
    await this.apply(state)
  }

  async sharedHash(): Promise<string> {
    const hash = new RowSetHash()
    const rowHash = new Uint32Array(2)
    for (const [table, rows] of this.#rows.entries()) {
      for (const [row, shared] of rows) {
        if (shared.every(value => value === 0)) continue
        this.#hash(table, row, rowHash, 0)
        const [low, high] = this.names.keys(row, row + 1)
        hash.add(table, low, high, rowHash[0], rowHash[1])
      }
    }
    return hash.digest()
  }

  #row(table: number, row: number): Row {
    const known = this.#rows[table].get(row)
    if (known !== undefined) return known
    const made = new Int32Array(this.tables[table].dim + 1)
    this.#rows[table].set(row, made)
    return made
  }

  #hash(table: number, row: number, out: Uint32Array, at: number): void {
    const shared = this.#row(table, row)
    hashRow(shared, 0, shared.length - 1, shared[shared.length - 1], out, at)
  }
}

/** A pack of rows of these words, which are admitted. */
export function deltaOf(
  { names, tables }: Pick<SmallReplica, 'names' | 'tables'>,
  words: readonly string[],
  step: number
): Delta {
  const rows = Uint32Array.from(new Set(words.map(word => names.admit(word)))).sort()
  return tables.map(({ dim }) => ({
    dim,
    rows,
    shifts: new Uint8Array(rows.length).fill(3),
    values: new Int8Array(rows.length * dim).map((_, i) => (i % 2 === 0 ? step : -step)),
    accumulators: new Int32Array(rows.length).fill(Math.abs(step)),
    counts: new Uint32Array(rows.length).fill(1)
  }))
}
