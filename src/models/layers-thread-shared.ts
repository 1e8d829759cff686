import type { Delta, RowChanges, TableShape } from '../types.ts'
import { NumberedRows } from './layers-names.ts'
import type { SharedNetwork } from './layers-replica.ts'
import type { ThreadCalls } from './layers-thread-calls.ts'
import type { NetworkService, OpenedNetwork, SharedState } from './layers-thread-service.ts'

/** A network in another thread as a swarm sees it. */
export class ThreadShared implements SharedNetwork {
  readonly tables: readonly TableShape[]
  readonly names: NumberedRows
  readonly fingerprint: string
  readonly packEvery: number
  readonly #calls: ThreadCalls<NetworkService, SharedState>

  constructor(
    calls: ThreadCalls<NetworkService, SharedState>,
    { tables, rows, fingerprint, packEvery }: OpenedNetwork
  ) {
    this.#calls = calls
    this.tables = tables
    this.names = new NumberedRows(rows)
    this.fingerprint = fingerprint
    this.packEvery = packEvery
  }

  get spent(): number {
    return this.#calls.state.spent
  }

  get hasMore(): boolean {
    return this.#calls.state.hasMore
  }

  get repaired(): number {
    return this.#calls.state.repaired
  }

  pack(replicas: number): Promise<Delta> {
    return this.#calls.call('pack', replicas)
  }

  apply(delta: Delta): Promise<void> {
    return this.#calls.call('apply', copyOf(delta))
  }

  rowHashes(): Promise<readonly Uint32Array<ArrayBuffer>[]> {
    return this.#calls.call('rowHashes')
  }

  readShared(rows: readonly Uint32Array<ArrayBuffer>[]): Promise<Delta> {
    return this.#calls.call('readShared', rowsOf(rows))
  }

  adopt(state: Delta, fresh: readonly Uint32Array<ArrayBuffer>[]): Promise<void> {
    return this.#calls.call('adopt', copyOf(state), rowsOf(fresh))
  }

  sharedHash(): Promise<string> {
    return this.#calls.call('sharedHash')
  }

  settle(): Promise<void> {
    return this.#calls.call('settle')
  }
}

// What moves to the thread is lost here, and whoever gave it may still need it.

function copyOf(delta: Delta): Delta {
  return delta.map(
    ({ dim, rows, shifts, values, accumulators, counts }): RowChanges => ({
      dim,
      rows: rows.slice(),
      shifts: shifts.slice(),
      values: values.slice(),
      accumulators: accumulators.slice(),
      counts: counts.slice()
    })
  )
}

function rowsOf(rows: readonly Uint32Array<ArrayBuffer>[]): Uint32Array<ArrayBuffer>[] {
  return rows.map(some => some.slice())
}
