import type { Delta, TableShape } from '../types.ts'
import { type Content, contentRules } from './content.ts'
import type { LedgerMessage } from './messages.ts'
import { ProtocolError } from './protocol-error.ts'

type StateMessage = Extract<LedgerMessage<Content>, { type: 'state' }>

/** A state that comes in parts: what is held of it is bounded by the tables. */
export class IncomingState {
  #parts: Content[] = []
  #rows: number[] = []
  #unknown: Uint32Array<ArrayBuffer> | undefined

  /**
   * Takes a part.
   * @throws ProtocolError where all parts together have more rows than the tables, or one that is not the last has none.
   */
  add({ state, unknown, last }: StateMessage, tables: readonly TableShape[]): void {
    this.#rows = state.delta.map(({ rows }, table) => (this.#rows[table] ?? 0) + rows.length)
    for (const [table, { name, capacity }] of tables.entries()) {
      if (this.#rows[table] > capacity) {
        throw new ProtocolError(
          `state: at most ${capacity} rows of table ${name} wanted; got ${this.#rows[table]}`
        )
      }
    }
    if (!last && state.delta.every(({ rows }) => rows.length === 0)) {
      throw new ProtocolError('state: rows wanted in every part but the last; got none')
    }
    this.#parts.push(state)
    this.#unknown ??= unknown
  }

  /** All of it, and the keys that are to be as new; it is empty from here on. */
  take(): { readonly state: Delta; readonly unknown: Uint32Array<ArrayBuffer> } {
    const state = contentRules.sum(this.#parts).delta
    const unknown = this.#unknown ?? new Uint32Array(0)
    this.#parts = []
    this.#rows = []
    this.#unknown = undefined
    return { state, unknown }
  }
}
