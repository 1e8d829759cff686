import { ROW_VALUES } from '../../kernels/dense.ts'
import { expandRows } from '../delta.ts'
import type { Delta, RowChanges, TableShape } from '../types.ts'
import { Breather } from './breather.ts'
import { changesTo, gathered } from './layers-changes.ts'
import { digest, hashValues } from './layers-hash.ts'
import { NumberedRows } from './layers-names.ts'
import type { SharedNetwork } from './layers-replica.ts'
import type { LayersState } from './layers-state.ts'
import type { DenseTable } from './layers-table.ts'
import type { LayersTrainer } from './layers-trainer.ts'
import { DivergenceError } from './row-check.ts'

// A pack is one message of the swarm.
const PACK_BYTES = 4 * 2 ** 20
const PACK_ROWS = Math.floor(PACK_BYTES / (ROW_VALUES + 13))
// A few sick rows are bad luck; more than this share, and more than FEW, is a divergence.
const MANY = 0.01
const FEW = 10

/** What sharing needs of training. */
type SharedTrainer = Pick<LayersTrainer, 'turns' | 'advice' | 'failure' | 'counts' | 'training' | 'batch'>

/** A network as a swarm sees it. Everything here goes between two steps of the training that runs meanwhile. */
export class SharedLayers implements SharedNetwork {
  readonly tables: readonly TableShape[]
  readonly names: NumberedRows
  readonly fingerprint: string
  readonly packEvery: number
  repaired: number
  readonly #tables: readonly DenseTable[]
  readonly #trainer: SharedTrainer
  #hasMore: boolean
  #spent = 0
  /** How often training had changed the weights when all of that was last packed. */
  #packed: number | undefined

  /** The first table holds what gradients move; of all others the mean is taken. `saved` is where another stood. */
  constructor(
    tables: readonly DenseTable[],
    trainer: SharedTrainer,
    saved: Pick<LayersState, 'hasMore' | 'repaired'> = { hasMore: false, repaired: 0 }
  ) {
    this.#tables = tables
    this.#trainer = trainer
    this.#hasMore = saved.hasMore
    this.repaired = saved.repaired
    this.packEvery = trainer.batch.size
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

  /** A copy of what is shared; to be asked between two steps. */
  async save(): Promise<Pick<LayersState, 'tables' | 'hasMore' | 'repaired'>> {
    return {
      tables: await Promise.all(this.#tables.map(table => table.save())),
      hasMore: this.#hasMore,
      repaired: this.repaired
    }
  }

  /** @throws DivergenceError where many rows are not finite; Error where training had failed. */
  pack(replicas: number): Promise<Delta> {
    return this.#timed(async rest => {
      const { failure } = this.#trainer
      if (failure !== undefined) {
        throw new Error(`layers: not packed, since training had failed (${failure.message})`)
      }
      const delta: RowChanges[] = []
      const { topRows, gain } = this.#trainer.training
      const { steps } = this.#trainer.counts
      this.#hasMore = false
      for (const [i, table] of this.#tables.entries()) {
        const rules = { limit: PACK_ROWS, topRows, replicas, gain: i === 0 ? gain : 0, steps }
        const { changes, hasMore, sick } = await table.pack(rules, rest)
        if (sick > FEW && sick > MANY * table.rows) {
          throw new DivergenceError(
            `layers: training diverged, ${sick} of ${table.rows} rows of table ${table.shape.name} are not finite or out of range; ${this.#trainer.advice}`
          )
        }
        this.repaired += sick
        this.#hasMore ||= hasMore
        delta.push(changes)
      }
      this.#packed = this.#hasMore ? undefined : this.#trained
      return delta
    })
  }

  settle(): Promise<void> {
    return this.#take(async rest => {
      if (this.#packed !== this.#trained) return
      for (const table of this.#tables) {
        await table.settle()
        await rest()
      }
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
      for (const table of this.#tables) {
        const shared = await table.shared()
        const ofTable = new Uint32Array(this.names.size * 2)
        for (let row = 0; row < this.names.size; row++) hashValues(shared, row, ofTable, row * 2)
        hashes.push(ofTable)
        await rest()
      }
      return hashes
    })
  }

  readShared(rows: readonly Uint32Array<ArrayBuffer>[]): Promise<Delta> {
    return this.#take(() =>
      Promise.all(
        this.#tables.map(async (table, i) => ({
          dim: ROW_VALUES,
          rows: rows[i].slice(),
          shifts: new Uint8Array(rows[i].length),
          values: await table.shared(rows[i]),
          accumulators: new Int32Array(rows[i].length),
          counts: new Uint32Array(rows[i].length)
        }))
      )
    )
  }

  adopt(state: Delta, fresh: readonly Uint32Array<ArrayBuffer>[]): Promise<void> {
    return this.#take(async rest => {
      this.#check(state)
      for (const [i, table] of this.#tables.entries()) {
        const become = async (rows: Uint32Array, wanted: Int32Array) => {
          const own = rows.filter(row => row < table.rows)
          await table.apply(changesTo(own, await table.shared(own), wanted), rest)
        }
        const { rows } = state[i]
        await become(rows, expandRows(state[i], 0, rows.length))
        await become(fresh[i], gathered(table.initial, fresh[i]))
      }
    })
  }

  sharedHash(): Promise<string> {
    return this.#take(async () =>
      digest(
        await Promise.all(this.#tables.map(table => table.shared())),
        this.#tables.map(({ initial }) => initial)
      )
    )
  }

  /** Gives the device's memory back. */
  destroy(): void {
    for (const table of this.#tables) table.destroy()
  }

  get #trained(): number {
    const { steps, resets } = this.#trainer.counts
    return steps + resets
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
