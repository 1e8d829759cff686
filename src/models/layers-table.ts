import { tensor } from '@tensorflow/tfjs-core'
import type { LayerVariable } from '@tensorflow/tfjs-layers'
import { cutIntoRows, type DenseRows, exactShare, ROW_VALUES } from '../../kernels/dense.ts'
import type { Tensorflow } from '../../kernels/tensorflow.ts'
import type { RowChanges, TableShape } from '../types.ts'
import { gainOf, shareSent, workersKnown } from './layers-merge.ts'

/** What goes into a pack. */
export interface PackRules {
  /** Rows it may have; it goes on where the last one ended. */
  readonly limit: number
  /** Rows it has at most, those of the greatest squared change; the others wait. Undefined: all. */
  readonly topRows: number | undefined
  readonly replicas: number
  /** As in `shareSent`; undefined: as in `gainOf`. */
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
 * Some weights of a network as one table: each begins a row of its own. The device has the weights and what is agreed on; here is what
 * decides how much of a row's change is sent.
 */
export class DenseTable {
  readonly shape: TableShape
  /** What every replica of this network begins with. */
  readonly initial: Int32Array<ArrayBuffer>
  readonly #weights: readonly LayerVariable[]
  readonly #rows: DenseRows
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
    this.#weights = weights
    this.#rows = tensorflow.rows(weights, unit)
    this.shape = { name, dim: ROW_VALUES, unit, capacity }
    this.initial = new Int32Array(this.rows * ROW_VALUES)
    this.#contributions = new Uint32Array(this.rows)
    this.#workers = new Float32Array(this.rows)
    this.#packedAt = new Uint32Array(this.rows)
  }

  /** Rows that hold weights; those from here to the capacity stay zero. */
  get rows(): number {
    return this.#rows.rows
  }

  /** Takes the weights as they are for what every replica begins with. Comes before all else. */
  async begin(): Promise<void> {
    this.initial.set(await this.#rows.begin())
  }

  /** A copy of what it holds. */
  async save(): Promise<TableState> {
    return {
      shared: (await this.#rows.read()).slice(),
      initial: this.initial.slice(),
      contributions: this.#contributions.slice(),
      workers: this.#workers.slice(),
      packedAt: this.#packedAt.slice(),
      next: this.#next
    }
  }

  /** Goes on with what another table of the same weights held, in the place of `begin`. */
  async restore({ shared, initial, contributions, workers, packedAt, next }: TableState): Promise<void> {
    this.initial.set(initial)
    this.#contributions.set(contributions)
    this.#workers.set(workers)
    this.#packedAt.set(packedAt)
    this.#next = next
    await this.#rows.resume(shared)
  }

  /** What is agreed on, i32 [rows, 256]: of some rows, or of all, to be read and not kept. */
  shared(rows?: Uint32Array): Promise<Int32Array<ArrayBuffer>> {
    return this.#rows.read(rows)
  }

  /** Packs what was trained; `rest` is awaited between weights. */
  async pack({ limit, topRows, ...rules }: PackRules, rest: () => Promise<void>): Promise<PackedTable> {
    const top = topRows === undefined ? undefined : Math.min(topRows, limit)
    const shares = this.#shares(rules)
    const packed = await this.#rows.pack({ first: this.#next, limit, top, shares }, rest)
    const { rows, shifts, values, looked, sick } = packed
    for (const row of looked) {
      this.#workers[row] = workersKnown(this.#workers[row], this.#contributions[row], rules.replicas)
      this.#contributions[row] = 0
      this.#packedAt[row] = rules.steps
    }
    // Rows that were not chosen wait until they have changed more than others.
    const end = rows.length < limit ? this.rows : rows[limit - 1] + 1
    const hasMore = top === undefined && end < this.rows
    this.#next = hasMore ? end : 0
    const changes = {
      dim: ROW_VALUES,
      rows,
      shifts,
      values,
      accumulators: new Int32Array(rows.length),
      counts: new Uint32Array(rows.length).fill(1)
    }
    return { changes, hasMore, sick: sick.length }
  }

  async apply(changes: RowChanges, rest: () => Promise<void>): Promise<void> {
    await this.#rows.apply(changes, rest)
    for (const [i, row] of changes.rows.entries())
      if (row < this.rows) this.#contributions[row] += changes.counts[i]
  }

  /** Makes the weights exactly what is agreed on. */
  async settle(): Promise<void> {
    const shared = await this.#rows.read()
    const { unit } = this.shape
    for (const [i, { firstRow, size }] of cutIntoRows(this.#weights.map(sizeOf)).entries()) {
      const first = firstRow * ROW_VALUES
      const values = Float32Array.from(shared.subarray(first, first + size), value => unit * value)
      const agreed = tensor(values, this.#weights[i].read().shape)
      this.#weights[i].write(agreed)
      agreed.dispose()
    }
  }

  /** Gives the device's memory back; the weights stay. */
  destroy(): void {
    this.#rows.destroy()
  }

  /** The share of each row's change that is sent. */
  #shares({ replicas, gain, steps }: Pick<PackRules, 'replicas' | 'gain' | 'steps'>): Float64Array {
    const shares = new Float64Array(this.rows)
    for (let row = 0; row < this.rows; row++) {
      const known = gain ?? gainOf(steps - this.#packedAt[row], replicas)
      shares[row] = exactShare(shareSent(this.#workers[row], this.#contributions[row], replicas, known))
    }
    return shares
  }
}

function sizeOf(weight: LayerVariable): number {
  return weight.read().size
}
