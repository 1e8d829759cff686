import type { WordVectors } from '../types.ts'

const LINE_END = 0x0a
const SPACE = 0x20
const CARRIAGE_RETURN = 0x0d

/** A file that should hold word vectors does not. */
export class WordVectorsError extends Error {
  override name = 'WordVectorsError'
}

/**
 * Reads the text or the binary format of word2vec.c, as gensim, fastText and `tensair export` write them, told apart by what
 * follows the headline. The order of the words is kept; their counts, which the formats lack, are 0.
 * @param name - of the file, for messages.
 * @throws WordVectorsError, with one clear line, where the bytes are something else or break off.
 */
export function readWord2VecFormat(bytes: Uint8Array, name: string): WordVectors {
  const headEnd = bytes.subarray(0, 64).indexOf(LINE_END)
  const head = /^(\d{1,9}) (\d{1,5})\s*$/.exec(text(bytes, 0, Math.max(0, headEnd)))
  const [words, dim] = [Number(head?.[1]), Number(head?.[2])]
  if (head === null || words === 0 || dim === 0) {
    throw new WordVectorsError(
      `${name}: no word vectors; the word2vec format begins with a line \`words dim\`, and a model of tensair is a folder`
    )
  }
  // A word of one byte and, in text, a blank and a digit for each value are the least there can be.
  if (words * (2 * dim + 1) > bytes.length) {
    throw new WordVectorsError(
      `${name}: ${words} words of ${dim} values do not fit its ${bytes.length} bytes; it is cut off`
    )
  }
  const vectors: Vectors = { dim, words: [], values: new Float32Array(words * dim) }
  const read = isText(bytes, headEnd + 1, dim) ? readTextRow : readBinaryRow
  let at = headEnd + 1
  for (let row = 0; row < words; row++) {
    at = read(bytes, at, vectors)
    if (at < 0) {
      throw new WordVectorsError(`${name}: word ${row + 1} of ${words} is incomplete or no ${dim} values`)
    }
  }
  const broken = vectors.values.findIndex(value => !Number.isFinite(value))
  if (broken >= 0) {
    const word = vectors.words[Math.floor(broken / dim)]
    throw new WordVectorsError(
      `${name}: the vector of ${JSON.stringify(word)} holds ${vectors.values[broken]}`
    )
  }
  return { dim, words: vectors.words, counts: new Float64Array(words), vectors: vectors.values }
}

interface Vectors {
  readonly dim: number
  readonly words: string[]
  readonly values: Float32Array<ArrayBuffer>
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return new TextDecoder().decode(bytes.subarray(start, end))
}

/** Whether the line at `start` is a word and `dim` numbers. */
function isText(bytes: Uint8Array, start: number, dim: number): boolean {
  const end = bytes.indexOf(LINE_END, start)
  const fields = text(bytes, start, end < 0 ? bytes.length : end)
    .trimEnd()
    .split(' ')
  return fields.length === dim + 1 && fields.slice(1).every(isNumber)
}

function isNumber(field: string): boolean {
  return /^[-+]?(\d+\.?\d*|\.\d+|nan|inf)(e[-+]?\d+)?$/i.test(field)
}

/** Reads the row at `start`; returns where the next one begins, or -1. */
function readTextRow(bytes: Uint8Array, start: number, { dim, words, values }: Vectors): number {
  const found = bytes.indexOf(LINE_END, start)
  const end = found < 0 ? bytes.length : found
  const fields = text(bytes, start, end).trimEnd().split(' ')
  if (fields.length !== dim + 1 || fields[0] === '') return -1
  const row = words.push(fields[0]) - 1
  for (let d = 0; d < dim; d++)
    values[row * dim + d] = isNumber(fields[d + 1]) ? Number(fields[d + 1]) : Number.NaN
  return end + 1
}

/** The same for a binary row; some programs put a line end before the word, some none. */
function readBinaryRow(bytes: Uint8Array, start: number, { dim, words, values }: Vectors): number {
  while (bytes[start] === LINE_END || bytes[start] === CARRIAGE_RETURN) start++
  const blank = bytes.indexOf(SPACE, start)
  const end = blank + 1 + dim * 4
  if (blank <= start || end > bytes.length) return -1
  const row = words.push(text(bytes, start, blank)) - 1
  const view = new DataView(bytes.buffer, bytes.byteOffset + blank + 1, dim * 4)
  for (let d = 0; d < dim; d++) values[row * dim + d] = view.getFloat32(d * 4, true)
  return end
}
