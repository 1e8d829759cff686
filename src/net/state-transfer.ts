// How a peer comes to another's whole state: it tells the hashes of its rows, and gets those that differ.

import { splitDelta } from '../delta.ts'
import type { Delta, SharedReplica } from '../types.ts'
import type { Content } from './content.ts'
import type { LedgerMessage, RowHashes, Vector } from './messages.ts'

type StateMessage = Extract<LedgerMessage<Content>, { type: 'state' }>

// A message of this size takes a fast link some milliseconds, so that what must not wait is not held up.
const MESSAGE_BYTES = 4 * 2 ** 20

/** Hashes of all shared rows of a replica, as of now. */
export async function hashesOf(replica: SharedReplica): Promise<RowHashes> {
  const tables = await replica.rowHashes()
  const rows = (tables[0]?.length ?? 0) / 2
  return { keys: replica.names.keys(0, rows).slice(), tables }
}

/** The rows of a replica, as of now, that are others than the hashes say; and the keys it does not know. */
export async function differenceFrom(
  replica: SharedReplica,
  theirs: RowHashes
): Promise<{ state: Delta; unknown: Uint32Array<ArrayBuffer> }> {
  const ours = await replica.rowHashes()
  const rows = (ours[0]?.length ?? 0) / 2
  const place = new Int32Array(rows).fill(-1)
  const unknown: number[] = []
  for (let i = 0; i < theirs.keys.length; i += 2) {
    const row = replica.names.find(theirs.keys[i], theirs.keys[i + 1])
    if (row >= 0 && row < rows) place[row] = i / 2
    else unknown.push(theirs.keys[i], theirs.keys[i + 1])
  }
  const differing = ours.map((hashes, table) => {
    const others = theirs.tables[table]
    const found: number[] = []
    for (let row = 0; row < rows; row++) {
      const at = place[row] * 2
      if (at < 0 || hashes[row * 2] !== others[at] || hashes[row * 2 + 1] !== others[at + 1]) found.push(row)
    }
    return Uint32Array.from(found)
  })
  return { state: await replica.readShared(differing), unknown: Uint32Array.from(unknown) }
}

/** The messages that hand a state over. */
export function stateMessages(
  adoption: number,
  vector: Vector,
  { state, unknown }: { state: Delta; unknown: Uint32Array<ArrayBuffer> }
): StateMessage[] {
  const parts = splitDelta(state, MESSAGE_BYTES)
  if (parts.length === 0) parts.push(state)
  return parts.map((part, i) => ({
    type: 'state',
    adoption,
    vector,
    state: { words: 0, delta: part },
    unknown: i === 0 ? unknown : new Uint32Array(0),
    last: i === parts.length - 1
  }))
}

/** The rows that a state says are as new, for each table. */
export function freshRows(replica: SharedReplica, unknown: Uint32Array): Uint32Array<ArrayBuffer>[] {
  const rows: number[] = []
  for (let i = 0; i < unknown.length; i += 2) {
    const row = replica.names.find(unknown[i], unknown[i + 1])
    if (row >= 0) rows.push(row)
  }
  rows.sort((a, b) => a - b)
  return replica.tables.map(() => Uint32Array.from(rows))
}
