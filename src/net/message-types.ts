import type { TableShape } from '../types.ts'
import type { Content } from './content.ts'
import type { Message } from './messages.ts'

/** What a message says it is. */
export type MessageName = Message<Content>['type']

// These numbers are the format of `/tensair/link/1`: they must never change. Those below 16 shape the tree.
const NUMBERS: { readonly [Name in MessageName]: number } = {
  hello: 1,
  attach: 2,
  attached: 3,
  redirect: 4,
  members: 5,
  goodbye: 6,
  ack: 16,
  vector: 17,
  'want-state': 18,
  'must-adopt': 19,
  adopted: 20,
  refused: 21,
  recall: 22,
  frame: 32,
  state: 33
}
const names = new Map(Object.entries(NUMBERS).map(([name, number]) => [number, name as MessageName]))

const KIB = 1024
const LARGEST = 512 * KIB * KIB

/** Most bytes of a vector, or of the ranges of a frame. */
export const VECTOR_BYTES = KIB * KIB

/** Most bytes of a word that comes from another peer. */
export const LONGEST_TEXT = 256

/** The number a message goes by. */
export function numberOf(name: MessageName): number {
  return NUMBERS[name]
}

/** The message of a number; undefined where this version knows none: it is to be skipped. */
export function nameOf(type: number): MessageName | undefined {
  return names.get(type)
}

/**
 * Whether a message may overtake those that are not: all that shape the tree, and acknowledgements. The others say what
 * a state is at one moment, so they must arrive in the order in which they were sent.
 */
export function isControl(type: number): boolean {
  return type < 16 || type === NUMBERS.ack
}

/** Most bytes that a message of this number may have in a job of these tables, 512 MiB at most; undefined for unknown ones. */
export function limitOf(type: number, tables: readonly TableShape[]): number | undefined {
  const name = nameOf(type)
  if (name === undefined) return undefined
  if (name === 'hello') return 64 * KIB
  if (name === 'members' || name === 'redirect') return 256 * KIB
  if (name === 'vector' || name === 'refused' || name === 'recall') return VECTOR_BYTES
  const capacity = Math.max(0, ...tables.map(table => table.capacity))
  if (name === 'want-state') return Math.min(LARGEST, KIB + capacity * 8 * (1 + tables.length))
  if (name === 'frame' || name === 'state') {
    // A key and a text, in `state` the key of an unknown row; then values, accumulator, count and shift in each table; and a bit of each bitmap.
    const row = 8 + 1 + LONGEST_TEXT + 8 + tables.length + 1
    const changes = tables.reduce((sum, table) => sum + table.capacity * (table.dim * 4 + 4 + 4 + 1), 0)
    return Math.min(LARGEST, VECTOR_BYTES + KIB + capacity * row + changes)
  }
  return KIB
}
