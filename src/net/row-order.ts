const DIGIT_BITS = 11
const DIGITS = 2 ** DIGIT_BITS

/** Rows in ascending order. */
export interface Ascending {
  readonly rows: Uint32Array<ArrayBuffer>
  /** Where each was before. */
  readonly places: Uint32Array<ArrayBuffer>
}

/** Sorts rows by radix: the native sort takes ten times as long for what fills a frame. */
export function ascending(unsorted: Uint32Array): Ascending {
  let sorted = { rows: new Uint32Array(unsorted), places: inOrder(unsorted.length) }
  if (isAscending(unsorted)) return sorted
  let next = { rows: new Uint32Array(unsorted.length), places: new Uint32Array(unsorted.length) }
  const bits = allBits(unsorted)
  for (let shift = 0; shift < 32 && bits >>> shift > 0; shift += DIGIT_BITS) {
    sortByDigit(sorted, next, shift)
    ;[sorted, next] = [next, sorted]
  }
  return sorted
}

function inOrder(length: number): Uint32Array<ArrayBuffer> {
  const places = new Uint32Array(length)
  for (let i = 0; i < length; i++) places[i] = i
  return places
}

function isAscending(rows: Uint32Array): boolean {
  for (let i = 1; i < rows.length; i++) if (rows[i - 1] > rows[i]) return false
  return true
}

function allBits(rows: Uint32Array): number {
  let bits = 0
  for (let i = 0; i < rows.length; i++) bits |= rows[i]
  return bits
}

/** Those of equal digits stay in order. */
function sortByDigit({ rows, places }: Ascending, to: Ascending, shift: number): void {
  const ends = new Uint32Array(DIGITS)
  for (let i = 0; i < rows.length; i++) ends[(rows[i] >>> shift) % DIGITS]++
  for (let digit = 1; digit < DIGITS; digit++) ends[digit] += ends[digit - 1]
  for (let i = rows.length - 1; i >= 0; i--) {
    const at = --ends[(rows[i] >>> shift) % DIGITS]
    to.rows[at] = rows[i]
    to.places[at] = places[i]
  }
}

/** Whether the same row stands twice in rows that ascend. */
export function hasEqualNeighbours(rows: Uint32Array): boolean {
  for (let i = 1; i < rows.length; i++) if (rows[i] === rows[i - 1]) return true
  return false
}

/** The rows that are in any of the lists, each list and the result ascending, each row once. */
export function union(lists: readonly Uint32Array[]): Uint32Array {
  const [first = new Uint32Array(0), ...others] = lists
  return others.reduce(merged, first)
}

function merged(a: Uint32Array, b: Uint32Array): Uint32Array {
  const rows = new Uint32Array(a.length + b.length)
  let length = 0
  for (let i = 0, j = 0; i < a.length || j < b.length; length++) {
    const row = j === b.length || (i < a.length && a[i] <= b[j]) ? a[i] : b[j]
    if (a[i] === row) i++
    if (b[j] === row) j++
    rows[length] = row
  }
  return rows.subarray(0, length)
}

/** Whether two of the keys, u32 [n, 2], are equal. */
export function hasDuplicates(keys: Uint32Array): boolean {
  // As 64-bit numbers they sort natively, and in n log n however a peer chose them.
  const sorted = new BigUint64Array(new Uint32Array(keys).buffer).sort()
  const pairs = new Uint32Array(sorted.buffer)
  for (let i = 2; i < pairs.length; i += 2) {
    if (pairs[i] === pairs[i - 2] && pairs[i + 1] === pairs[i - 1]) return true
  }
  return false
}
