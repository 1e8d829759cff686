import type { Delta, RowChanges, RowNames, TableShape } from '../types.ts'
import { bitmapOf, bitsIn, bitWords, hasBit } from './bitmap.ts'
import { ByteReader } from './byte-reader.ts'
import { nibblesOf, widenRows } from './nibbles.ts'
import { admitRows, encodeKeys, readKeys } from './row-keys.ts'
import { type Ascending, union } from './row-order.ts'
import type { TextsSent } from './texts-sent.ts'

// Loops over all rows are functions of their own here: what they stand in is compiled with them, which takes far longer.

// A delta on the wire, every part of it a multiple of 4 bytes long and little-endian, as the platforms' arrays are:
//
//   u32 tables · the rows that any table changes (row-keys.ts) · for each table:
//   u32 dim · u32 rows · u32 bits of a value: 4, 8, 16 or 32
//   which of the rows, a bit each in u32, where it is not all of them
//   counts, u32 [rows] · accumulators, i32 [rows] · values, i4, i8, i16 or i32 [rows, dim] · shifts, u8 [rows]; zeros up to a multiple of 4

const MOST_SHIFT = 24
const MOST_COUNT = 2 ** 24
const NONE = 2 ** 32 - 1
const WIDTHS = new Set([4, 8, 16, 32])

type Values = RowChanges['values']

/**
 * Writes a delta for one link. Texts go along that this link has not carried (`sent` is its own, and remembers them). The
 * parts are partly views of the delta: it must not change until they are sent.
 */
export function encodeDelta(delta: Delta, names: RowNames, sent: TextsSent): Uint8Array[] {
  const rows = union(delta.map(part => part.rows))
  const views: ArrayBufferView[] = [Uint32Array.of(delta.length), ...encodeKeys(rows, names, sent)]
  for (const part of delta) {
    const { bits, values } = narrowed(part)
    views.push(Uint32Array.of(part.dim, part.rows.length, bits))
    if (part.rows.length < rows.length) views.push(bitmapOf(part.rows, rows))
    views.push(
      saturated(part.counts),
      part.accumulators,
      values,
      zeros(values),
      part.shifts,
      zeros(part.shifts)
    )
  }
  return views
    .filter(view => view.byteLength > 0)
    .map(view => new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
}

/**
 * Reads a delta; its rows are this peer's own. Words that it brings are admitted once all else is found right.
 * @param sent rows whose text the other side has: what it names is among them from now on.
 * @throws CodecError, and nothing else, for bytes that are no delta of these tables; NoRoomError where words find no room.
 */
export function decodeDelta(
  bytes: Uint8Array,
  tables: readonly TableShape[],
  names: RowNames,
  sent?: TextsSent
): Delta {
  const from = new ByteReader('delta', bytes.byteOffset % 4 === 0 ? bytes : bytes.slice())
  // A job without a model has no tables, and room for no rows.
  const capacity = tables.length === 0 ? 0 : Math.min(...tables.map(table => table.capacity))
  const count = from.u32('the number of tables')
  if (count !== tables.length) from.fail(`tables must be ${tables.length}`, count)
  const keyed = readKeys(from, names, capacity)
  const parts = tables.map(table => readPart(from, table, keyed.rows.length))
  from.end()
  const order = admitRows(keyed, names, capacity)
  if (sent !== undefined) addAll(sent, order.rows)
  return parts.map(part => changesOf(part, order))
}

function addAll(sent: TextsSent, rows: Uint32Array): void {
  for (let i = 0; i < rows.length; i++) sent.add(rows[i])
}

/** Changes to rows of a table as they are on the wire: views, in the order of the keys. */
interface Part {
  readonly dim: number
  readonly rows: number
  readonly bits: number
  /** Which of the keys' rows; undefined for all. */
  readonly bitmap: Uint32Array | undefined
  readonly counts: Uint32Array
  readonly accumulators: Uint32Array
  readonly values: Uint8Array
  readonly shifts: Uint8Array
}

function readPart(from: ByteReader, table: TableShape, keys: number): Part {
  const what = (field: string) => `${field} of table ${table.name}`
  const dim = from.u32(what('dim'))
  if (dim !== table.dim) from.fail(`${what('dim')} must be ${table.dim}`, dim)
  const rows = from.u32(what('the number of rows'), keys)
  const bits = from.u32(what('the bits of values'))
  if (!WIDTHS.has(bits) || (bits === 4 && dim % 4 !== 0))
    from.fail(`${what('the bits of values')} must be 8, 16 or 32, or 4 where dim is a multiple of 4`, bits)
  const bitmap = rows === keys ? undefined : from.u32View(what('which rows'), bitWords(keys))
  if (bitmap !== undefined && bitsIn(bitmap, keys) !== rows)
    from.fail(`${what('which rows')} must be ${rows} of ${keys}`, 'others')
  const counts = from.u32View(what('counts'), rows)
  const accumulators = from.u32View(what('accumulators'), rows)
  const values = from.bytes(what('values'), (rows * dim * bits) / 8)
  from.align()
  const shifts = from.bytes(what('shifts'), rows)
  from.align()
  const count = most(counts)
  if (count > MOST_COUNT) from.fail(`${what('counts')} must be at most ${MOST_COUNT}`, count)
  const shift = most(shifts)
  if (shift > MOST_SHIFT) from.fail(`${what('shifts')} must be at most ${MOST_SHIFT}`, shift)
  return { dim, rows, bits, bitmap, counts, accumulators, values, shifts }
}

/** The part with its rows in ascending order. */
function changesOf(part: Part, order: Ascending): RowChanges {
  const { dim, bits, bitmap } = part
  const changes = {
    rows: new Uint32Array(part.rows),
    shifts: new Uint8Array(part.rows),
    counts: new Uint32Array(part.rows),
    accumulators: new Int32Array(part.rows)
  }
  const indices = bitmap === undefined ? order.places : indicesIn(bitmap, order.places)
  const to = new Uint32Array(part.rows) // of the part's rows, as they came
  arrange(part, order.rows, indices, changes, to)
  const values = new Uint8Array(part.rows * dim * Math.ceil(bits / 8))
  if (bits === 4) widenRows(part.values, values, dim, to)
  else copyRows(part.values, values, (dim * bits) / 8, to)
  return { dim, ...changes, values: valuesOf(values.buffer, bits) }
}

/** Which of the part's rows each row is, or NONE. `places`: of its bit. */
function indicesIn(bitmap: Uint32Array, places: Uint32Array): Uint32Array {
  const ranks = new Uint32Array(places.length).fill(NONE)
  for (let bit = 0, next = 0; bit < ranks.length; bit++) if (hasBit(bitmap, bit)) ranks[bit] = next++
  const indices = new Uint32Array(places.length)
  for (let i = 0; i < places.length; i++) indices[i] = ranks[places[i]]
  return indices
}

/** Writes what goes with each of the rows that the part has, in their order, and to which place it went. */
function arrange(
  part: Part,
  rows: Uint32Array,
  indices: Uint32Array,
  changes: Pick<RowChanges, 'rows' | 'shifts' | 'counts' | 'accumulators'>,
  to: Uint32Array
): void {
  for (let i = 0, next = 0; i < rows.length; i++) {
    const index = indices[i]
    if (index === NONE) continue
    changes.rows[next] = rows[i]
    changes.shifts[next] = part.shifts[index]
    changes.counts[next] = part.counts[index]
    changes.accumulators[next] = part.accumulators[index]
    to[index] = next++
  }
}

/** to[places[i]] = from[i], of rows of so many bytes. */
function copyRows(from: Uint8Array, to: Uint8Array, rowBytes: number, places: Uint32Array): void {
  const words = (bytes: Uint8Array) => new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  if (isIdentity(places)) to.set(from)
  else if (rowBytes % 4 === 0) scatter(words(from), words(to), rowBytes / 4, places)
  else scatter(from, to, rowBytes, places)
}

function isIdentity(places: Uint32Array): boolean {
  for (let i = 0; i < places.length; i++) if (places[i] !== i) return false
  return true
}

/** Reads in order and writes out of order: the other way round waits for memory twice as long. */
function scatter<Rows extends Uint8Array | Uint32Array>(
  from: Rows,
  to: Rows,
  length: number,
  places: Uint32Array
): void {
  let at = 0
  for (let i = 0; i < places.length; i++) {
    const end = places[i] * length + length
    for (let j = end - length; j < end; j++) to[j] = from[at++]
  }
}

function valuesOf(buffer: ArrayBuffer, bits: number): Values {
  if (bits <= 8) return new Int8Array(buffer)
  return bits === 16 ? new Int16Array(buffer) : new Int32Array(buffer)
}

/** The same values, as narrow as they can be. */
function narrowed({ dim, values }: RowChanges): { bits: number; values: Values | Uint8Array } {
  if (values instanceof Int8Array) return ofBytes(dim, values)
  const size = magnitude(values)
  if (size <= 0x7f) return ofBytes(dim, new Int8Array(values))
  const narrow = size <= 0x7fff && values instanceof Int32Array ? new Int16Array(values) : values
  return { bits: 8 * narrow.BYTES_PER_ELEMENT, values: narrow }
}

function ofBytes(dim: number, values: Int8Array<ArrayBuffer>): { bits: number; values: Values | Uint8Array } {
  const nibbles = dim % 4 === 0 ? nibblesOf(values) : undefined
  return nibbles === undefined ? { bits: 8, values } : { bits: 4, values: nibbles }
}

/** The bits that are set in any value, or in its complement where it is negative; more than 15 are not looked at further. */
function magnitude(values: Int16Array | Int32Array): number {
  let bits = 0
  for (let first = 0; first < values.length && bits <= 0x7fff; first += 4096) {
    const end = Math.min(first + 4096, values.length)
    for (let i = first; i < end; i++) bits |= values[i] ^ (values[i] >> 31)
  }
  return bits
}

/** Sums of what others claim may be more than the other side takes. */
function saturated(counts: Uint32Array): Uint32Array {
  return most(counts) <= MOST_COUNT ? counts : counts.map(count => Math.min(count, MOST_COUNT))
}

function most(values: Uint8Array | Uint32Array): number {
  let largest = 0
  for (let i = 0; i < values.length; i++) if (values[i] > largest) largest = values[i]
  return largest
}

function zeros({ byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(-byteLength & 3)
}
