import type { RowNames } from '../types.ts'
import { bitWords, hasBit, setBit } from './bitmap.ts'
import type { ByteReader } from './byte-reader.ts'
import { CodecError, NoRoomError } from './codec-error.ts'
import { LONGEST_TEXT } from './message-types.ts'
import { type Ascending, ascending, hasDuplicates, hasEqualNeighbours } from './row-order.ts'
import type { TextsSent } from './texts-sent.ts'

// The rows of a delta on the wire, each once, in the order that the sender has them in:
//
//   u32 rows · u32 texts · keys, u32 [rows, 2]
//   and if there are texts: which rows have one, a bit each, in u32 · their lengths less 1, u8 [texts] · UTF-8 · zeros up to a multiple of 4

const NONE = 2 ** 32 - 1
const encoder = new TextEncoder()

/** Writes rows; texts that the other side does not have go along, and count as sent from now on. */
export function encodeKeys(rows: Uint32Array, names: RowNames, sent: TextsSent): ArrayBufferView[] {
  const keys = keysOf(rows, names)
  const bits = new Uint32Array(bitWords(rows.length))
  const texts: string[] = []
  for (let place = unsent(rows, 0, sent); place < rows.length; place = unsent(rows, place + 1, sent)) {
    const row = rows[place]
    sent.add(row)
    const text = names.text(row)
    if (text === '') continue
    setBit(bits, place)
    texts.push(text)
  }
  const head = [Uint32Array.of(rows.length, texts.length), keys]
  return texts.length === 0 ? head : [...head, bits, encodeTexts(texts)]
}

function keysOf(rows: Uint32Array, names: RowNames): Uint32Array {
  const first = rows[0] ?? 0
  const all = names.keys(first, first + (rows.length === 0 ? 0 : rows[rows.length - 1] - first + 1))
  const keys = new Uint32Array(rows.length * 2)
  for (let place = 0; place < rows.length; place++) {
    const at = (rows[place] - first) * 2
    keys[place * 2] = all[at]
    keys[place * 2 + 1] = all[at + 1]
  }
  return keys
}

/** The first place from `place` on of a row whose text the other side does not have. */
function unsent(rows: Uint32Array, place: number, sent: TextsSent): number {
  while (place < rows.length && sent.has(rows[place])) place++
  return place
}

function encodeTexts(texts: readonly string[]): Uint8Array {
  const bytes = new Uint8Array(texts.length + texts.reduce((sum, text) => sum + text.length * 3, 0) + 3)
  let end = texts.length
  texts.forEach((text, i) => {
    const { written } = encoder.encodeInto(text, bytes.subarray(end))
    if (written > LONGEST_TEXT)
      throw new RangeError(`codec: the text of a row must be at most ${LONGEST_TEXT} bytes; got ${written}`)
    bytes[i] = written - 1
    end += written
  })
  return bytes.subarray(0, (end + 3) & ~3)
}

/** Rows that came over a link, sound as far as can be told without admitting any. */
export interface KeyedRows {
  readonly keys: Uint32Array // [rows, 2]
  /** This peer's rows; those that are to be admitted have numbers beyond its names. */
  readonly rows: Uint32Array<ArrayBuffer>
  /** Those of them: places, ascending, and their texts. */
  readonly unknown: ReadonlyMap<number, string>
  readonly order: Ascending
}

/** Reads rows, at most `capacity`, and looks them up. */
export function readKeys(from: ByteReader, names: RowNames, capacity: number): KeyedRows {
  const count = from.u32('the number of rows', capacity)
  const texts = from.u32('the number of texts', count)
  if (texts > 0 && names.size > 0 && names.text(0) === '')
    from.fail('rows that are only numbers must have no texts', texts)
  const keys = from.u32View('the keys', count * 2)
  const bits = from.u32View('which rows have a text', texts === 0 ? 0 : bitWords(count))
  const lengths = from.bytes('the lengths of the texts', texts)
  const rows = new Uint32Array(count)
  const areKnown = lookUp(keys, names, rows)
  const unknown = new Map<number, string>()
  let text = 0
  // With every row known and no texts, as mostly, there is nothing to do here.
  for (let place = 0; place < count && (texts > 0 || !areKnown); place++) {
    const isKnown = rows[place] !== NONE
    if (!isKnown) rows[place] = names.size + unknown.size
    if (texts > 0 && hasBit(bits, place)) {
      if (text === texts) from.fail(`${texts} rows must have a text`, 'more')
      const length = lengths[text++] + 1
      if (isKnown) from.bytes('the text of a row', length)
      else unknown.set(place, from.text('the text of a row', length))
    } else if (!isKnown) from.fail('a row that is not known must come with its text', 'none')
  }
  if (text !== texts) from.fail(`${texts} rows must have a text`, text)
  from.align()
  const order = ascending(rows)
  if (hasEqualNeighbours(order.rows) || (unknown.size > 1 && hasDuplicates(keysAt(keys, unknown.keys()))))
    from.fail('each row must come once', 'one that comes twice')
  return { keys, rows, unknown, order }
}

/** Writes this peer's rows of these keys, NONE where it has none; whether it has all. */
function lookUp(keys: Uint32Array, names: RowNames, rows: Uint32Array): boolean {
  let areKnown = true
  for (let place = 0; place < rows.length; place++) {
    const row = names.find(keys[place * 2], keys[place * 2 + 1])
    rows[place] = row < 0 ? NONE : row
    areKnown &&= row >= 0
  }
  return areKnown
}

function keysAt(keys: Uint32Array, places: Iterable<number>): Uint32Array {
  return Uint32Array.from([...places].flatMap(place => [keys[place * 2], keys[place * 2 + 1]]))
}

/**
 * Admits the rows that are not known, and gives this peer's rows in ascending order.
 * @throws NoRoomError where there is no room for them: then none is admitted. CodecError where a text does not belong to its key.
 */
export function admitRows(keyed: KeyedRows, names: RowNames, capacity: number): Ascending {
  const { keys, rows, unknown, order } = keyed
  if (unknown.size === 0) return order
  if (names.size + unknown.size > capacity)
    throw new NoRoomError(
      'delta',
      `words of another peer must find room (raise the capacity, now ${capacity})`,
      `${unknown.size} beside ${names.size}`
    )
  for (const [place, text] of unknown) {
    const [low, high] = names.keyOf(text)
    if (low !== keys[place * 2] || high !== keys[place * 2 + 1])
      throw new CodecError('delta', 'a text must belong to its key', JSON.stringify(text))
  }
  for (const [place, text] of unknown) rows[place] = admitted(text, names)
  return ascending(rows)
}

function admitted(text: string, names: RowNames): number {
  try {
    return names.admit(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (error instanceof RangeError) throw new NoRoomError('delta', 'a word must find room', reason)
    throw new CodecError('delta', 'a text must be a word', reason)
  }
}
