import type { PackedRows, Table } from '../../kernels/contract.ts'
import { expandRows } from '../delta.ts'
import type { Delta, RowChanges, RowNames, SharedReplica, TableShape } from '../types.ts'
import { Breather } from './breather.ts'
import { drawnRow, type NewRow, zeroRow } from './new-row.ts'
import { hashRow, RowSetHash } from './row-hash.ts'
import type { SkipGramTrainer } from './skip-gram-trainer.ts'
import { keyOf } from './word-key.ts'

// A pack is one message of the swarm.
const PACK_BYTES = 4 * 2 ** 20
// How many are taken to work on a row at most before it knows; not measured with more.
const MOST_ASSUMED = 16
// What is expanded, read or applied at once: about 1 MiB.
const VALUES_A_SLICE = 2 ** 18

/**
 * A word2vec model as a swarm sees it. Everything here goes between two batches of the training that runs meanwhile, and
 * holds the event loop some milliseconds at a time at most.
 */
export class SharedWord2Vec implements SharedReplica {
  readonly tables: readonly TableShape[]
  readonly names: RowNames
  readonly #trainer: SkipGramTrainer
  readonly #rows: readonly { readonly table: Table; readonly newRow: NewRow }[]
  readonly #rowsASlice: number
  #hasMore = false
  #spent = 0

  constructor(trainer: SkipGramTrainer) {
    const { input, output, options, vocabulary } = trainer
    this.#trainer = trainer
    this.#rows = [
      { table: input, newRow: drawnRow(options.dim, options.spread) },
      { table: output, newRow: zeroRow }
    ]
    this.#rowsASlice = Math.max(1, Math.floor(VALUES_A_SLICE / options.dim))
    this.tables = [input, output].map(({ name, dim, unit, capacity }) => ({ name, dim, unit, capacity }))
    this.names = vocabulary
  }

  /** Makes this peer draw other random numbers than its fellows, or all would draw the same negatives at the same time. */
  drawApart(peer: string): void {
    const [low, high] = keyOf(peer)
    this.#trainer.salt = low ^ high
  }

  get spent(): number {
    return this.#spent
  }

  /** Whether the last pack, which is at most 4 MiB, left rows behind: the next one has them. */
  get hasMore(): boolean {
    return this.#hasMore
  }

  pack(replicas: number): Promise<Delta> {
    const { device, input, output, turns } = this.#trainer
    return turns.take(async () => {
      const { failure } = this.#trainer
      if (failure !== undefined) {
        throw new Error(`word2vec: not packed, since training had failed (${failure.message})`)
      }
      await this.#trainer.skipGram.drain()
      const begun = performance.now()
      const most = Math.max(2, Math.floor(PACK_BYTES / (input.dim + 13)))
      const half = most >>> 1
      const inputs = await device.pack(input, half, replicas)
      const left = most - inputs.rows.length
      const outputs = await device.pack(output, left, replicas)
      this.#hasMore = inputs.rows.length === half || outputs.rows.length === left
      if (!this.#hasMore) {
        await this.#forgetContributions()
        await this.#count(replicas)
      }
      this.#spent += performance.now() - begun
      return [changesOf(inputs, input.dim), changesOf(outputs, output.dim)]
    })
  }

  /**
   * What others contributed to rows that were not packed counts no more: what these learn from now on, they learn with it.
   * Otherwise a rare row would take many of its fellows for its competitors.
   */
  async #forgetContributions(): Promise<void> {
    const none = new Uint32Array(this.#trainer.initializeRows())
    for (const { table } of this.#rows) await table.write('contributions', 0, none)
  }

  /**
   * Another number of peers: rows take as many more, or fewer, to work on them, until they know better. Too many is no harm where
   * steps add up, and too few would leave steps to be averaged away that were not made the longer.
   */
  async #count(replicas: number): Promise<void> {
    const before = this.#trainer.replicas
    const assumed = Math.min(replicas, MOST_ASSUMED)
    if (assumed === before) return
    this.#trainer.replicas = assumed
    const size = this.#trainer.initializeRows()
    for (const { table } of this.#rows) {
      const multipliers = await table.read('multiplier', 0, size)
      const scaled = multipliers.map(m => Math.min(Math.max((m * assumed) / before, 1), replicas))
      await table.write('multiplier', 0, scaled)
    }
  }

  apply(delta: Delta): Promise<void> {
    return this.#take(async breather => {
      this.#check(delta)
      const { device, skipGram } = this.#trainer
      await skipGram.drain()
      const begun = performance.now()
      for (const [i, { table }] of this.#rows.entries()) {
        const { dim, rows, values, shifts, accumulators, counts } = delta[i]
        for (const [first, end] of this.#slices(rows.length)) {
          await device.apply(table, {
            rows: rows.subarray(first, end),
            increments: values.subarray(first * dim, end * dim),
            shifts: shifts.subarray(first, end),
            accumulators: accumulators.subarray(first, end),
            counts: counts.subarray(first, end)
          })
          await breather.rest()
        }
      }
      this.#spent += performance.now() - begun
    })
  }

  rowHashes(): Promise<readonly Uint32Array<ArrayBuffer>[]> {
    return this.#take(async (breather, size) => {
      const hashes = this.#rows.map(() => new Uint32Array(size * 2))
      for (const [i, { table }] of this.#rows.entries()) {
        for (const [first, end] of this.#slices(size)) {
          const { values, accumulators } = await readRows(table, first, end)
          for (let row = first; row < end; row++) {
            const at = row - first
            hashRow(values, at * table.dim, (at + 1) * table.dim, accumulators[at], hashes[i], row * 2)
          }
          await breather.rest()
        }
      }
      return hashes
    })
  }

  readShared(rows: readonly Uint32Array<ArrayBuffer>[]): Promise<Delta> {
    return this.#take(async breather => {
      const parts: RowChanges[] = []
      for (const [i, { table }] of this.#rows.entries()) {
        const { dim } = table
        const { length } = rows[i]
        const part = {
          dim,
          rows: rows[i].slice(),
          shifts: new Uint8Array(length),
          values: new Int32Array(length * dim),
          accumulators: new Int32Array(length),
          counts: new Uint32Array(length)
        }
        for (const [first, end] of this.#slices(length)) {
          const { values, accumulators } = await gatherRows(table, rows[i].subarray(first, end), breather)
          part.values.set(values, first * dim)
          part.accumulators.set(accumulators, first)
        }
        parts.push(part)
      }
      return parts
    })
  }

  adopt(state: Delta, fresh: readonly Uint32Array<ArrayBuffer>[]): Promise<void> {
    return this.#take(async breather => {
      this.#check(state)
      for (const [i, { table, newRow }] of this.#rows.entries()) {
        const { rows, accumulators } = state[i]
        for (const [first, end] of this.#slices(rows.length)) {
          const wanted = {
            values: expandRows(state[i], first, end),
            accumulators: accumulators.subarray(first, end)
          }
          await this.#become(table, rows.subarray(first, end), wanted, breather)
        }
        for (const [first, end] of this.#slices(fresh[i].length)) {
          const some = fresh[i].subarray(first, end)
          await this.#become(table, some, this.#newRows(some, newRow, table.dim), breather)
        }
      }
    })
  }

  sharedHash(): Promise<string> {
    return this.#take(async (breather, size) => {
      const hash = new RowSetHash()
      const rowHash = new Uint32Array(2)
      const keys = this.names.keys(0, size)
      for (const [i, { table, newRow }] of this.#rows.entries()) {
        const { dim } = table
        for (const [first, end] of this.#slices(size)) {
          const { values, accumulators } = await readRows(table, first, end)
          for (let row = first; row < end; row++) {
            const at = row - first
            newRow.start(keys[row * 2], keys[row * 2 + 1])
            if (accumulators[at] === 0 && isRow(newRow, values, at * dim, dim)) continue
            hashRow(values, at * dim, (at + 1) * dim, accumulators[at], rowHash, 0)
            hash.add(i, keys[row * 2], keys[row * 2 + 1], rowHash[0], rowHash[1])
          }
          await breather.rest()
        }
      }
      return hash.digest()
    })
  }

  /** Between two batches, with `size` rows that are all initialised. */
  #take<Result>(act: (breather: Breather, size: number) => Promise<Result>): Promise<Result> {
    return this.#trainer.turns.take(() => act(new Breather(), this.#trainer.initializeRows()))
  }

  *#slices(length: number): Generator<[first: number, end: number]> {
    for (let first = 0; first < length; first += this.#rowsASlice) {
      yield [first, Math.min(first + this.#rowsASlice, length)]
    }
  }

  /** Gives rows (ascending) these shared values; their other values move along. */
  async #become(
    table: Table,
    rows: Uint32Array<ArrayBuffer>,
    wanted: SharedRows,
    breather: Breather
  ): Promise<void> {
    const { dim } = table
    const { values, accumulators } = await gatherRows(table, rows, breather)
    const changed: number[] = []
    for (let i = 0; i < rows.length; i++) {
      // What is nothing but zeros, all its bits together, is as it should be.
      let differs = wanted.accumulators[i] ^ accumulators[i]
      for (let at = i * dim; at < (i + 1) * dim; at++) differs |= wanted.values[at] ^ values[at]
      if (differs !== 0) changed.push(i)
    }
    const increments = new Int32Array(changed.length * dim)
    const growths = new Int32Array(changed.length)
    for (const [to, i] of changed.entries()) {
      growths[to] = wanted.accumulators[i] - accumulators[i]
      for (let d = 0; d < dim; d++)
        increments[to * dim + d] = wanted.values[i * dim + d] - values[i * dim + d]
    }
    await this.#trainer.device.apply(table, {
      rows: Uint32Array.from(changed, i => rows[i]),
      increments,
      accumulators: growths,
      counts: new Uint32Array(changed.length).fill(1)
    })
    await breather.rest()
  }

  #newRows(rows: Uint32Array, newRow: NewRow, dim: number): SharedRows {
    const values = new Int32Array(rows.length * dim)
    for (let i = 0; i < rows.length; i++) {
      const [low, high] = this.names.keys(rows[i], rows[i] + 1)
      newRow.start(low, high)
      for (let d = 0; d < dim; d++) values[i * dim + d] = newRow.value(d)
    }
    return { values, accumulators: new Int32Array(rows.length) }
  }

  #check(delta: Delta): void {
    const size = this.names.size
    if (delta.length !== this.tables.length) {
      throw new RangeError(`word2vec: a delta has ${this.tables.length} tables; got ${delta.length}`)
    }
    for (const [i, { name, dim }] of this.tables.entries()) {
      if (delta[i].dim !== dim)
        throw new RangeError(`word2vec: rows of table ${name} have ${dim} values; got ${delta[i].dim}`)
      const outside = firstFrom(size, delta[i].rows)
      if (outside !== undefined)
        throw new RangeError(`word2vec: table ${name} has ${size} rows so far; got row ${outside}`)
    }
  }
}

/** What peers agree on about some rows. */
interface SharedRows {
  readonly values: Int32Array // [rows, dim]
  readonly accumulators: Int32Array // [rows]
}

async function readRows(table: Table, first: number, end: number): Promise<SharedRows> {
  const values = await table.read('shared', first, end - first)
  const accumulators = await table.read('sharedAccumulator', first, end - first)
  return { values, accumulators }
}

/** Reads rows (ascending) that need not be neighbours. */
async function gatherRows(table: Table, rows: Uint32Array, breather: Breather): Promise<SharedRows> {
  const { dim } = table
  const gathered = { values: new Int32Array(rows.length * dim), accumulators: new Int32Array(rows.length) }
  const span = Math.max(1, Math.floor(VALUES_A_SLICE / dim))
  for (let i = 0; i < rows.length; ) {
    const first = rows[i]
    let next = i + 1
    while (next < rows.length && rows[next] < first + span) next++
    const { values, accumulators } = await readRows(table, first, rows[next - 1] + 1)
    for (; i < next; i++) {
      const at = rows[i] - first
      gathered.values.set(values.subarray(at * dim, (at + 1) * dim), i * dim)
      gathered.accumulators[i] = accumulators[at]
    }
    await breather.rest()
  }
  return gathered
}

function isRow(newRow: NewRow, values: Int32Array, first: number, dim: number): boolean {
  for (let d = 0; d < dim; d++) if (values[first + d] !== newRow.value(d)) return false
  return true
}

/** The first of the rows that is not below `size`. */
function firstFrom(size: number, rows: Uint32Array): number | undefined {
  for (let i = 0; i < rows.length; i++) if (rows[i] >= size) return rows[i]
  return undefined
}

function changesOf({ rows, shifts, values, accumulators }: PackedRows, dim: number): RowChanges {
  return { dim, rows, shifts, values, accumulators, counts: new Uint32Array(rows.length).fill(1) }
}
