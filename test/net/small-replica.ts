import { sumDeltas } from '../../src/delta.ts'
import { hashRow, RowSetHash } from '../../src/models/row-hash.ts'
import type { Delta, RowChanges, SharedReplica, TableShape } from '../../src/types.ts'
import { tableShape } from './deltas.ts'
import { WordNames } from './row-names.ts'

const DIM = 4

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

  constructor(capacity = 1 << 16) {
    this.tables = [tableShape('input', DIM, capacity), tableShape('output', DIM, capacity)]
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
    for (const [table, { rows, shifts, values, accumulators }] of delta.entries()) {
      rows.forEach((row, i) => {
        const shared = this.#row(table, row)
        for (let d = 0; d < DIM; d++) shared[d] += values[i * DIM + d] << shifts[i]
        shared[DIM] += accumulators[i]
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
    return rows.map((some, table) => ({
      ...none(),
      rows: some.slice(),
      shifts: new Uint8Array(some.length),
      values: Int32Array.from([...some].flatMap(row => [...this.#row(table, row).subarray(0, DIM)])),
      accumulators: Int32Array.from(some, row => this.#row(table, row)[DIM]),
      counts: new Uint32Array(some.length)
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
    const made = new Int32Array(DIM + 1)
    this.#rows[table].set(row, made)
    return made
  }

  #hash(table: number, row: number, out: Uint32Array, at: number): void {
    const shared = this.#row(table, row)
    hashRow(shared, 0, DIM, shared[DIM], out, at)
  }
}

/** A pack of rows of these words, which are admitted. */
export function deltaOf(
  { names }: Pick<SmallReplica, 'names'>,
  words: readonly string[],
  step: number
): Delta {
  const rows = Uint32Array.from(new Set(words.map(word => names.admit(word)))).sort()
  const part = (): RowChanges => ({
    dim: DIM,
    rows,
    shifts: new Uint8Array(rows.length).fill(3),
    values: new Int8Array(rows.length * DIM).map((_, i) => (i % 2 === 0 ? step : -step)),
    accumulators: new Int32Array(rows.length).fill(Math.abs(step)),
    counts: new Uint32Array(rows.length).fill(1)
  })
  return [part(), part()]
}

function none(): RowChanges {
  return {
    dim: DIM,
    rows: new Uint32Array(0),
    shifts: new Uint8Array(0),
    values: new Int8Array(0),
    accumulators: new Int32Array(0),
    counts: new Uint32Array(0)
  }
}
