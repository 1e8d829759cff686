import type { Device, Table } from '../../kernels/contract.ts'

/** Words as rows of a table on a device. */
export interface WordSpace {
  readonly device: Device
  readonly table: Table
  /** Words by row; as many rows of the table are in use. */
  readonly texts: readonly string[]
  slotOf(word: string): number | undefined
}

/** A word near a query. */
export interface Neighbor {
  readonly word: string
  /** Cosine, -1 to 1. */
  readonly score: number
}

/** The word was not seen, or not often enough. */
export class UnknownWordError extends Error {
  override name = 'UnknownWordError'
}

/** The word's vector, f32 [dim]. @throws UnknownWordError */
export async function vectorOf(space: WordSpace, word: string): Promise<Float32Array<ArrayBuffer>> {
  return await space.table.read('weights', knownSlot(space, word), 1)
}

/**
 * The k words of greatest cosine with a word (itself left out) or a vector, best first.
 * @throws UnknownWordError, or RangeError where the vector has another width.
 */
export async function nearestWords(
  space: WordSpace,
  query: string | Float32Array,
  k: number
): Promise<Neighbor[]> {
  if (typeof query === 'string') return await nearestTo(space, await vectorOf(space, query), [query], k)
  if (query.length !== space.table.dim) {
    throw new RangeError(`nearest: a vector of ${space.table.dim} values wanted; got ${query.length}`)
  }
  return await nearestTo(space, query, [], k)
}

/**
 * The k words d that answer "a is to b as c is to d", best first: those nearest to the mean of b, c and -a at length 1
 * (3CosAdd), the three left out.
 * @throws UnknownWordError
 */
export async function analogyWords(
  space: WordSpace,
  a: string,
  b: string,
  c: string,
  k: number
): Promise<Neighbor[]> {
  const [from, to, other] = await Promise.all([a, b, c].map(word => vectorOf(space, word)))
  return await nearestTo(space, analogyQuery(from, to, other), [a, b, c], k)
}

/** b - a + c of the vectors at length 1. */
export function analogyQuery(a: Float32Array, b: Float32Array, c: Float32Array): Float32Array<ArrayBuffer> {
  const [scaleA, scaleB, scaleC] = [a, b, c].map(vector => 1 / (norm(vector) || 1))
  return Float32Array.from(a, (value, d) => b[d] * scaleB - value * scaleA + c[d] * scaleC)
}

/** Length of a vector. */
export function norm(vector: Float32Array): number {
  let sum = 0
  for (const value of vector) sum += value * value
  return Math.sqrt(sum)
}

async function nearestTo(
  space: WordSpace,
  query: Float32Array,
  leftOut: string[],
  k: number
): Promise<Neighbor[]> {
  if (!Number.isInteger(k) || k < 1)
    throw new RangeError(`nearest: k must be a whole number, at least 1; got ${k}`)
  const { device, table, texts } = space
  if (texts.length === 0) return []
  const found = await device.nearest(table, texts.length, query, Math.min(k + leftOut.length, texts.length))
  return Array.from(found.rows, (row, i) => ({ word: texts[row], score: found.scores[i] }))
    .filter(({ word }) => !leftOut.includes(word))
    .slice(0, k)
}

function knownSlot({ texts, slotOf }: WordSpace, word: string): number {
  const slot = slotOf(word)
  if (slot !== undefined) return slot
  const other = [word.toLowerCase(), word.normalize(), word.toLowerCase().normalize()].find(
    form => slotOf(form) !== undefined
  )
  const advice =
    other === undefined
      ? 'a word is learned once it was seen often enough; check its spelling, train on more text, or lower minCount'
      : `try ${JSON.stringify(other)}`
  throw new UnknownWordError(
    `${JSON.stringify(word)} is not among the ${texts.length} words known; ${advice}`
  )
}
