import type { RowNames, TableShape } from '../types.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { NoRoomError } from './codec-error.ts'
import type { Forms } from './codec-form.ts'
import type { Content } from './content.ts'
import { decodeDelta, encodeDelta } from './delta-codec.ts'
import { VECTOR_BYTES } from './message-types.ts'
import type { LedgerMessage, Origin, Ranges, Vector } from './messages.ts'
import { hasDuplicates } from './row-order.ts'
import type { TextsSent } from './texts-sent.ts'

// Most bytes of an origin.
const ORIGIN = 256
// An origin of one byte and a number.
const LEAST_ENTRY = 2 + 1 + 8
const MOST_ENTRIES = Math.floor(VECTOR_BYTES / LEAST_ENTRY)

/** The messages that carry the model, for one link in a job of these tables. */
export function ledgerForms(
  tables: readonly TableShape[],
  names: RowNames,
  sent: TextsSent
): Forms<LedgerMessage<Content>['type']> {
  /** Last in its message, since a delta takes all that is left. */
  const writeContent = (to: ByteWriter, { words, delta }: Content): void => {
    to.u53('the words', words)
    to.align()
    to.append(encodeDelta(delta, names, sent))
  }
  const readContent = (from: ByteReader): Content => {
    const words = from.u53('the words')
    from.align()
    return { words, delta: decodeDelta(from.rest(), tables, names, sent) }
  }
  const capacity = Math.max(0, ...tables.map(table => table.capacity))
  return {
    vector: {
      write(to, message) {
        to.u53('the round', message.round)
        writeVector(to, message.vector)
      },
      read(from) {
        return { type: 'vector', round: from.u53('the round'), vector: readVector(from) }
      }
    },
    frame: {
      write(to, message) {
        to.f64('the time waited', message.waited)
        writeRanges(to, message.ranges)
        writeContent(to, message.content)
      },
      read(from) {
        const waited = from.f64('the time waited')
        const ranges = readRanges(from)
        try {
          return { type: 'frame', ranges, content: readContent(from), waited }
        } catch (error) {
          if (error instanceof NoRoomError) error.ranges = ranges
          throw error
        }
      }
    },
    ack: {
      write(to, message) {
        to.u53('the frames', message.frames)
      },
      read: from => ({ type: 'ack', frames: from.u53('the frames') })
    },
    'want-state': {
      write(to, { hashes }) {
        to.u32('the number of rows', hashes.keys.length / 2)
        to.u32s(hashes.keys)
        for (const table of hashes.tables) to.u32s(table)
      },
      read(from) {
        const rows = from.count('rows', capacity, 8 * (1 + tables.length))
        const keys = readKeys(from, rows)
        return {
          type: 'want-state',
          hashes: { keys, tables: tables.map(() => from.u32s('the hashes', rows * 2)) }
        }
      }
    },
    'must-adopt': {
      write(to, message) {
        to.u53('the adoption', message.adoption)
      },
      read: from => ({ type: 'must-adopt', adoption: from.u53('the adoption') })
    },
    state: {
      write(to, message) {
        to.u53('the adoption', message.adoption)
        to.boolean(message.last)
        writeVector(to, message.vector)
        to.u32('the number of unknown rows', message.unknown.length / 2)
        to.u32s(message.unknown)
        writeContent(to, message.state)
      },
      read(from) {
        const adoption = from.u53('the adoption')
        const last = from.boolean('last')
        const vector = readVector(from)
        const unknown = readKeys(from, from.count('unknown rows', capacity, 8))
        return { type: 'state', adoption, vector, state: readContent(from), unknown, last }
      }
    },
    adopted: {
      write(to, message) {
        to.u53('the adoption', message.adoption)
      },
      read: from => ({ type: 'adopted', adoption: from.u53('the adoption') })
    },
    refused: {
      write(to, message) {
        writeRanges(to, message.ranges)
      },
      read: from => ({ type: 'refused', ranges: readRanges(from) })
    },
    recall: {
      write(to, message) {
        writeRanges(to, message.packs)
        writeRanges(to, message.by)
      },
      read: from => ({ type: 'recall', packs: readRanges(from), by: readRanges(from) })
    }
  }
}

function writeVector(to: ByteWriter, vector: Vector): void {
  to.u32('the number of origins', vector.size, MOST_ENTRIES)
  for (const [origin, last] of vector) {
    to.string('an origin', origin, ORIGIN)
    to.u53('the last pack', last)
  }
}

function readVector(from: ByteReader): Map<Origin, number> {
  return readOrigins(from, 8, () => from.u53('the last pack'))
}

function writeRanges(to: ByteWriter, ranges: Ranges): void {
  to.u32('the number of origins', ranges.size, MOST_ENTRIES)
  for (const [origin, [first, last]] of ranges) {
    to.string('an origin', origin, ORIGIN)
    to.u53('the first pack', first)
    to.u53('the last pack', last)
  }
}

function readRanges(from: ByteReader): Map<Origin, readonly [number, number]> {
  return readOrigins(from, 16, () => {
    const first = from.u53('the first pack', 1)
    return [first, from.u53('the last pack', first)]
  })
}

function readOrigins<Value>(from: ByteReader, valueBytes: number, read: () => Value): Map<Origin, Value> {
  const count = from.count('origins', MOST_ENTRIES, 2 + 1 + valueBytes)
  const values = new Map<Origin, Value>()
  for (let i = 0; i < count; i++) {
    const origin = from.string('an origin', ORIGIN, 1)
    if (values.has(origin)) from.fail('an origin must come once', origin)
    values.set(origin, read())
  }
  return values
}

function readKeys(from: ByteReader, rows: number): Uint32Array<ArrayBuffer> {
  const keys = from.u32s('the keys', rows * 2)
  if (hasDuplicates(keys)) from.fail('a key must come once', 'one that comes twice')
  return keys
}
