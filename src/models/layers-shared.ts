import { expandRows } from '../delta.ts'
import type { Delta, RowChanges, SharedReplica, TableShape } from '../types.ts'
import { Breather } from './breather.ts'
import { gainOf } from './layers-merge.ts'
import { NumberedRows } from './layers-names.ts'
import { type DenseTable, ROW_VALUES } from './layers-table.ts'
import type { LayersTrainer } from './layers-trainer.ts'
import { DivergenceError } from './row-check.ts'
import { hashRow, RowSetHash } from './row-hash.ts'

// A pack is one message of the swarm.
const PACK_BYTES = 4 * 2 ** 20
const PACK_ROWS = Math.floor(PACK_BYTES / (ROW_VALUES + 13))
// A few sick rows are bad luck; more than this share, and more than FEW, is a divergence.
const MANY = 0.01
const FEW = 10

/** A network as a swarm sees it. Everything here goes between two steps of the training that runs meanwhile. */
export class SharedLayers implements SharedReplica {
  readonly tables: readonly TableShape[]
  readonly names: NumberedRows
  /** 32 hexadecimal digits of the values that the network begins with: replicas that differ in it must not exchange deltas. */
  readonly fingerprint: string
  /** Rows that were not finite or out of range and were put back. */
  repaired = 0
  readonly #tables: readonly DenseTable[]
  readonly #trainer: Pick<LayersTrainer, 'turns' | 'advice' | 'failure' | 'steps'>
  readonly #gain: number | undefined
  #hasMore = false
  #spent = 0

  /** The first table holds what gradients move, `gain` as in `shareSent`, by default that of `gainOf`; of all others the mean is taken. */
  constructor(
    tables: readonly DenseTable[],
    trainer: Pick<LayersTrainer, 'turns' | 'advice' | 'failure' | 'steps'>,
    gain: number | undefined
  ) {
    this.#tables = tables
    this.#trainer = trainer
    this.#gain = gain
    this.tables = tables.map(({ shape }) => shape)
    this.names = new NumberedRows(Math.max(...tables.map(({ rows }) => rows)))
    this.fingerprint = digest(tables.map(({ initial }) => initial))
  }

  get spent(): number {
    return this.#spent
  }

  get hasMore(): boolean {
    return this.#hasMore
  }

  /** @throws DivergenceError where many rows are not finite; Error where training had failed. */
  pack(replicas: number): Promise<Delta> {
    return this.#timed(async rest => {
      const { failure } = this.#trainer
      if (failure !== undefined) {
        throw new Error(`layers: not packed, since training had failed (${failure.message})`)
      }
      const delta: RowChanges[] = []
      const own = this.#gain ?? gainOf(this.#trainer.steps)
      this.#hasMore = false
      for (const [i, table] of this.#tables.entries()) {
        const { changes, hasMore, sick } = await table.pack(PACK_ROWS, replicas, i === 0 ? own : 0, rest)
        if (sick > FEW && sick > MANY * table.rows) {
          throw new DivergenceError(
            `layers: training diverged, ${sick} of ${table.rows} rows of table ${table.shape.name} are not finite or out of range; ${this.#trainer.advice}`
          )
        }
        this.repaired += sick
        this.#hasMore ||= hasMore
        delta.push(changes)
      }
      if (!this.#hasMore) this.#trainer.steps = 0
      return delta
    })
  }

  apply(delta: Delta): Promise<void> {
    return this.#timed(async rest => {
      this.#check(delta)
      for (const [i, table] of this.#tables.entries()) await table.apply(delta[i], rest)
    })
  }

  rowHashes(): Promise<readonly Uint32Array<ArrayBuffer>[]> {
    return this.#take(async rest => {
      const hashes: Uint32Array<ArrayBuffer>[] = []
      for (const { shared } of this.#tables) {
        const table = new Uint32Array(this.names.size * 2)
        for (let row = 0; row < this.names.size; row++) hashValues(shared, row, table, row * 2)
        hashes.push(table)
        await rest()
      }
      return hashes
    })
  }

  readShared(rows: readonly Uint32Array<ArrayBuffer>[]): Promise<Delta> {
    return this.#take(async () =>
      this.#tables.map(({ shared }, i) => ({
        dim: ROW_VALUES,
        rows: rows[i].slice(),
        shifts: new Uint8Array(rows[i].length),
        values: gathered(shared, rows[i]),
        accumulators: new Int32Array(rows[i].length),
        counts: new Uint32Array(rows[i].length)
      }))
    )
  }

  adopt(state: Delta, fresh: readonly Uint32Array<ArrayBuffer>[]): Promise<void> {
    return this.#take(async rest => {
      this.#check(state)
      for (const [i, table] of this.#tables.entries()) {
        const { rows } = state[i]
        await table.apply(changesTo(table, rows, expandRows(state[i], 0, rows.length)), rest)
        await table.apply(changesTo(table, fresh[i], gathered(table.initial, fresh[i])), rest)
      }
    })
  }

  sharedHash(): Promise<string> {
    return this.#take(async () =>
      digest(
        this.#tables.map(({ shared }) => shared),
        this.#tables.map(({ initial }) => initial)
      )
    )
  }

  #take<Result>(act: (rest: () => Promise<void>) => Promise<Result>): Promise<Result> {
    return this.#trainer.turns.take(() => {
      const breather = new Breather()
      return act(() => breather.rest())
    })
  }

  #timed<Result>(act: (rest: () => Promise<void>) => Promise<Result>): Promise<Result> {
    return this.#take(async rest => {
      const begun = performance.now()
      try {
        return await act(rest)
      } finally {
        this.#spent += performance.now() - begun
      }
    })
  }

  #check(delta: Delta): void {
    if (delta.length !== this.#tables.length) {
      throw new RangeError(`layers: a delta has ${this.#tables.length} tables; got ${delta.length}`)
    }
    for (const [i, { shape }] of this.#tables.entries()) {
      if (delta[i].dim !== ROW_VALUES)
        throw new RangeError(
          `layers: rows of table ${shape.name} have ${ROW_VALUES} values; got ${delta[i].dim}`
        )
      for (const row of delta[i].rows) {
        if (row >= this.names.size)
          throw new RangeError(`layers: the network has ${this.names.size} rows; got row ${row}`)
      }
    }
  }
}

/** Rows one after the other; those that a table does not have are zero. */
function gathered(values: Int32Array, rows: Uint32Array): Int32Array<ArrayBuffer> {
  const found = new Int32Array(rows.length * ROW_VALUES)
  for (const [i, row] of rows.entries()) {
    found.set(values.subarray(row * ROW_VALUES, (row + 1) * ROW_VALUES), i * ROW_VALUES)
  }
  return found
}

/** What must be added to rows (ascending) of a table to make them `wanted`; a row that changes counts one contribution. */
function changesTo({ shared, rows: own }: DenseTable, rows: Uint32Array, wanted: Int32Array): RowChanges {
  const current = gathered(
    shared,
    rows.filter(row => row < own)
  )
  const changed: number[] = []
  for (let i = 0; i * ROW_VALUES < current.length; i++) {
    let differs = 0
    for (let at = i * ROW_VALUES; at < (i + 1) * ROW_VALUES; at++) differs |= wanted[at] ^ current[at]
    if (differs !== 0) changed.push(i)
  }
  const values = new Int32Array(changed.length * ROW_VALUES)
  for (const [to, i] of changed.entries()) {
    for (let d = 0; d < ROW_VALUES; d++)
      values[to * ROW_VALUES + d] = wanted[i * ROW_VALUES + d] - current[i * ROW_VALUES + d]
  }
  return {
    dim: ROW_VALUES,
    rows: Uint32Array.from(changed, i => rows[i]),
    shifts: new Uint8Array(changed.length),
    values,
    accumulators: new Int32Array(changed.length),
    counts: new Uint32Array(changed.length).fill(1)
  }
}

const ZEROS = new Int32Array(ROW_VALUES)

function hashValues(values: Int32Array, row: number, out: Uint32Array, at: number): void {
  const first = row * ROW_VALUES
  if (first < values.length) hashRow(values, first, first + ROW_VALUES, 0, out, at)
  else hashRow(ZEROS, 0, ROW_VALUES, 0, out, at)
}

/** A hash of all rows, but of those that are as they are in `without`. */
function digest(tables: readonly Int32Array[], without?: readonly Int32Array[]): string {
  const hash = new RowSetHash()
  const row = new Uint32Array(2)
  const old = new Uint32Array(2)
  for (const [table, values] of tables.entries()) {
    for (let i = 0; i * ROW_VALUES < values.length; i++) {
      hashValues(values, i, row, 0)
      if (without !== undefined) hashValues(without[table], i, old, 0)
      if (without !== undefined && row[0] === old[0] && row[1] === old[1]) continue
      hash.add(table, i, 0, row[0], row[1])
    }
  }
  return hash.digest()
}
