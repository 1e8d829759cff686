import { expandRows } from '../delta.ts'
import type { Delta, SharedReplica, TableShape } from '../types.ts'
import { Breather } from './breather.ts'
import { NumberedRows } from './layers-names.ts'
import { hashRow, RowSetHash } from './row-hash.ts'
import type { EmbeddingNetwork } from './text-classifier-network.ts'
import { SharedRows } from './text-classifier-shared-rows.ts'
import { Turns } from './turns.ts'

// A pack is one message of the swarm, and holds the event loop for some milliseconds.
const PACK_BYTES = 2 ** 20
// Texts: of tweets, two that pack so often learn as one does, and two that pack every 4,000 learn little from each other.
const PACK_EVERY = 250
// What is hashed, read or applied at once.
const ROWS_A_SLICE = 4096

/**
 * A text classifier as a swarm sees it: the embeddings' rows and the head's, by number. Peers must have the same options, the seed
 * too. Training goes on between slices; nothing here waits for it.
 */
export class SharedTextClassifier implements SharedReplica {
  readonly tables: readonly TableShape[]
  readonly names: NumberedRows
  readonly packEvery = PACK_EVERY
  readonly #rows: readonly SharedRows[]
  readonly #turns = new Turns()
  #hasMore = false
  #spent = 0

  constructor({ embeddings, head }: EmbeddingNetwork) {
    const { rows } = embeddings.options
    this.names = new NumberedRows(Math.max(rows, head.options.rows))
    // Most words are one replica's at a time, and the head is everyone's: 0 says that all work on it.
    this.#rows = [
      new SharedRows('embeddings', embeddings, this.names.size, 1),
      new SharedRows('head', head, this.names.size, 0)
    ]
    this.tables = this.#rows.map(({ shape }) => shape)
  }

  get spent(): number {
    return this.#spent
  }

  get hasMore(): boolean {
    return this.#hasMore
  }

  pack(replicas: number): Promise<Delta> {
    return this.#timed(async () => {
      this.#hasMore = false
      return this.#rows.map(rows => {
        const { changes, hasMore } = rows.pack(Math.ceil(PACK_BYTES / (rows.shape.dim + 13)), replicas)
        this.#hasMore ||= hasMore
        return changes
      })
    })
  }

  apply(delta: Delta): Promise<void> {
    return this.#timed(async breather => {
      this.#check(delta)
      for (const [i, rows] of this.#rows.entries()) {
        const { dim, ...changes } = delta[i]
        for (const [first, end] of slices(changes.rows.length)) {
          rows.apply({
            dim,
            rows: changes.rows.subarray(first, end),
            values: changes.values.subarray(first * dim, end * dim),
            shifts: changes.shifts.subarray(first, end),
            accumulators: changes.accumulators.subarray(first, end),
            counts: changes.counts.subarray(first, end)
          })
          await breather.rest()
        }
      }
    })
  }

  rowHashes(): Promise<readonly Uint32Array<ArrayBuffer>[]> {
    return this.#take(async breather => {
      const hashes = this.#rows.map(() => new Uint32Array(this.names.size * 2))
      for (const [i, rows] of this.#rows.entries()) {
        // Rows that the table does not have are the same everywhere.
        for (const [first, end] of slices(rows.rows)) {
          hashRows(rows, first, end, hashes[i])
          await breather.rest()
        }
      }
      return hashes
    })
  }

  readShared(rows: readonly Uint32Array<ArrayBuffer>[]): Promise<Delta> {
    return this.#take(async () =>
      this.#rows.map((table, i) => ({
        ...{ dim: table.shape.dim, rows: rows[i].slice() },
        ...table.read(rows[i]),
        ...{ shifts: new Uint8Array(rows[i].length), counts: new Uint32Array(rows[i].length) }
      }))
    )
  }

  adopt(state: Delta, fresh: readonly Uint32Array<ArrayBuffer>[]): Promise<void> {
    return this.#take(async breather => {
      this.#check(state)
      for (const [i, table] of this.#rows.entries()) {
        const { rows, accumulators } = state[i]
        for (const [first, end] of slices(rows.length)) {
          const values = expandRows(state[i], first, end)
          table.become(rows.subarray(first, end), { values, accumulators: accumulators.subarray(first, end) })
          await breather.rest()
        }
        const own = fresh[i].filter(row => row < table.rows)
        for (const [first, end] of slices(own.length)) {
          const some = own.subarray(first, end)
          table.become(some, table.newValues(some))
          await breather.rest()
        }
      }
    })
  }

  sharedHash(): Promise<string> {
    return this.#take(async breather => {
      const hash = new RowSetHash()
      const one = new Uint32Array(2)
      for (const [i, table] of this.#rows.entries()) {
        const { dim } = table.shape
        for (const [first, end] of slices(table.rows)) {
          const some = numbers(first, end)
          const [now, before] = [table.read(some), table.newValues(some)]
          for (let at = 0; at < some.length; at++) {
            let differs = now.accumulators[at]
            for (let d = at * dim; d < (at + 1) * dim; d++) differs |= now.values[d] ^ before.values[d]
            if (differs === 0) continue
            hashRow(now.values, at * dim, (at + 1) * dim, now.accumulators[at], one, 0)
            hash.add(i, some[at], 0, one[0], one[1])
          }
          await breather.rest()
        }
      }
      return hash.digest()
    })
  }

  #take<Result>(act: (breather: Breather) => Promise<Result>): Promise<Result> {
    return this.#turns.take(() => act(new Breather()))
  }

  #timed<Result>(act: (breather: Breather) => Promise<Result>): Promise<Result> {
    return this.#take(async breather => {
      const begun = performance.now()
      try {
        return await act(breather)
      } finally {
        this.#spent += performance.now() - begun
      }
    })
  }

  /** @throws RangeError for tables, widths or rows that are not the model's. */
  #check(delta: Delta): void {
    if (delta.length !== this.#rows.length) {
      throw new RangeError(`textClassifier: a delta has ${this.#rows.length} tables; got ${delta.length}`)
    }
    for (const [i, { rows, shape }] of this.#rows.entries()) {
      if (delta[i].dim !== shape.dim)
        throw new RangeError(
          `textClassifier: rows of table ${shape.name} have ${shape.dim} values; got ${delta[i].dim}`
        )
      for (const row of delta[i].rows) {
        if (row >= rows)
          throw new RangeError(`textClassifier: table ${shape.name} has ${rows} rows; got row ${row}`)
      }
    }
  }
}

function hashRows(table: SharedRows, first: number, end: number, out: Uint32Array): void {
  const { dim } = table.shape
  const { values, accumulators } = table.read(numbers(first, end))
  for (let row = first; row < end; row++) {
    const at = row - first
    hashRow(values, at * dim, (at + 1) * dim, accumulators[at], out, row * 2)
  }
}

function numbers(first: number, end: number): Uint32Array {
  return Uint32Array.from({ length: end - first }, (_, i) => first + i)
}

function* slices(length: number): Generator<[first: number, end: number]> {
  for (let first = 0; first < length; first += ROWS_A_SLICE)
    yield [first, Math.min(first + ROWS_A_SLICE, length)]
}
