// The k rows of greatest cosine for each of several queries.
//
//   queries [queries, dim]            of norm 1 or 0, their number a multiple of 4 (the last ones may be padding)
//   bestRows, bestScores [queries, k] a heap for each query, its worst entry first, while rows are taken in
//
// A row of norm 0 scores 0, one that is not finite -1. A block of rows is read from memory once for all queries; two rows
// times four queries are multiplied at a time.

import { madd, sumLanes } from './simd'

const BLOCK: u32 = 32

/**
 * Takes rows `first` … `end - 1` into the heaps of `count` queries; calls must go on where the last one ended, from 0.
 * `inverses` is scratch memory for 32 f32.
 */
export function nearestRows(
  weights: usize, dim: u32, first: u32, end: u32,
  queries: usize, count: u32, k: u32, bestRows: usize, bestScores: usize, inverses: usize
): void {
  const rowBytes = <usize>dim << 2
  for (let from = first; from < end; from += BLOCK) {
    const to = min<u32>(from + BLOCK, end)
    for (let row = from; row < to; row++) {
      store<f32>(inverses + (<usize>(row - from) << 2), inverseNorm(weights + <usize>row * rowBytes, rowBytes))
    }
    for (let query: u32 = 0; query < count; query += 4) {
      const known = min<u32>(count - query, 4)
      for (let row = from; row < to; row += 2) {
        takePair(
          weights, rowBytes, row, to, queries + <usize>query * rowBytes, known, inverses + (<usize>(row - from) << 2),
          k, bestRows + ((<usize>query * <usize>k) << 2), bestScores + ((<usize>query * <usize>k) << 2)
        )
      }
    }
  }
}

/** Turns heaps of `size` entries into lists, best first. */
export function sortNearest(count: u32, k: u32, size: u32, bestRows: usize, bestScores: usize): void {
  for (let query: u32 = 0; query < count; query++) {
    const rows = bestRows + ((<usize>query * <usize>k) << 2)
    const scores = bestScores + ((<usize>query * <usize>k) << 2)
    for (let last = <i32>size - 1; last > 0; last--) {
      const row = rowAt(rows, last)
      const score = scoreAt(scores, last)
      put(rows, scores, last, rowAt(rows, 0), scoreAt(scores, 0))
      sink(rows, scores, <u32>last, row, score)
    }
  }
}

/** 1 / ‖row‖; 0 for a row of norm 0, not a number for one that is not finite. */
function inverseNorm(row: usize, rowBytes: usize): f32 {
  let a = f32x4.splat(0), b = a
  let at: usize = 0
  for (; at + 16 < rowBytes; at += 32) {
    const u = v128.load(row + at)
    const v = v128.load(row + at, 16)
    a = madd(u, u, a)
    b = madd(v, v, b)
  }
  if (at < rowBytes) {
    const u = v128.load(row + at)
    a = madd(u, u, a)
  }
  const square = sumLanes(f32x4.add(a, b))
  if (square == 0) return 0
  return square < f32.MAX_VALUE ? 1 / sqrt<f32>(square) : f32.NaN
}

/** Scores rows `row` and `row + 1` (where that is before `to`) against four queries and offers them to their heaps. */
// @ts-ignore: decorator
@inline
function takePair(
  weights: usize, rowBytes: usize, row: u32, to: u32, queries: usize, known: u32, inverses: usize,
  k: u32, bestRows: usize, bestScores: usize
): void {
  const paired = row + 1 < to
  const xa = weights + <usize>row * rowBytes
  const xb = paired ? xa + rowBytes : xa
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0
  let b0 = a0, b1 = a0, b2 = a0, b3 = a0
  const q1 = queries + rowBytes
  const q2 = q1 + rowBytes
  const q3 = q2 + rowBytes
  for (let at: usize = 0; at < rowBytes; at += 16) {
    const a = v128.load(xa + at)
    const b = v128.load(xb + at)
    let q = v128.load(queries + at)
    a0 = madd(a, q, a0)
    b0 = madd(b, q, b0)
    q = v128.load(q1 + at)
    a1 = madd(a, q, a1)
    b1 = madd(b, q, b1)
    q = v128.load(q2 + at)
    a2 = madd(a, q, a2)
    b2 = madd(b, q, b2)
    q = v128.load(q3 + at)
    a3 = madd(a, q, a3)
    b3 = madd(b, q, b3)
  }
  const inverseA = load<f32>(inverses)
  const inverseB = paired ? load<f32>(inverses, 4) : 0
  const heap = <usize>k << 2
  offer(row, sumLanes(a0) * inverseA, k, bestRows, bestScores)
  if (paired) offer(row + 1, sumLanes(b0) * inverseB, k, bestRows, bestScores)
  if (known > 1) {
    offer(row, sumLanes(a1) * inverseA, k, bestRows + heap, bestScores + heap)
    if (paired) offer(row + 1, sumLanes(b1) * inverseB, k, bestRows + heap, bestScores + heap)
  }
  if (known > 2) {
    offer(row, sumLanes(a2) * inverseA, k, bestRows + heap * 2, bestScores + heap * 2)
    if (paired) offer(row + 1, sumLanes(b2) * inverseB, k, bestRows + heap * 2, bestScores + heap * 2)
  }
  if (known > 3) {
    offer(row, sumLanes(a3) * inverseA, k, bestRows + heap * 3, bestScores + heap * 3)
    if (paired) offer(row + 1, sumLanes(b3) * inverseB, k, bestRows + heap * 3, bestScores + heap * 3)
  }
}

/** Rows come in ascending order, so an equal score never displaces what is there, and `row` is how many came before. */
// @ts-ignore: decorator
@inline
function offer(row: u32, cosine: f32, k: u32, rows: usize, scores: usize): void {
  const score: f32 = cosine == cosine ? cosine : -1
  if (row < k) rise(rows, scores, row, row, score)
  else if (score > load<f32>(scores)) sink(rows, scores, k, row, score)
}

// @ts-ignore: decorator
@inline
function rowAt(rows: usize, index: u32): u32 {
  return load<u32>(rows + (<usize>index << 2))
}

// @ts-ignore: decorator
@inline
function scoreAt(scores: usize, index: u32): f32 {
  return load<f32>(scores + (<usize>index << 2))
}

// @ts-ignore: decorator
@inline
function put(rows: usize, scores: usize, index: u32, row: u32, score: f32): void {
  store<u32>(rows + (<usize>index << 2), row)
  store<f32>(scores + (<usize>index << 2), score)
}

// @ts-ignore: decorator
@inline
function worse(row: u32, score: f32, thanRow: u32, thanScore: f32): bool {
  return score < thanScore || (score == thanScore && row > thanRow)
}

/** Puts an entry at the end of a heap, at `index`, and lets it rise. */
function rise(rows: usize, scores: usize, index: u32, row: u32, score: f32): void {
  while (index > 0) {
    const parent = (index - 1) >> 1
    if (!worse(row, score, rowAt(rows, parent), scoreAt(scores, parent))) break
    put(rows, scores, index, rowAt(rows, parent), scoreAt(scores, parent))
    index = parent
  }
  put(rows, scores, index, row, score)
}

/** Replaces the worst entry of a heap of `size` and lets the new one sink. */
function sink(rows: usize, scores: usize, size: u32, row: u32, score: f32): void {
  let index: u32 = 0
  for (;;) {
    let child = index * 2 + 1
    if (child >= size) break
    if (
      child + 1 < size &&
      worse(rowAt(rows, child + 1), scoreAt(scores, child + 1), rowAt(rows, child), scoreAt(scores, child))
    ) child++
    if (!worse(rowAt(rows, child), scoreAt(scores, child), row, score)) break
    put(rows, scores, index, rowAt(rows, child), scoreAt(scores, child))
    index = child
  }
  put(rows, scores, index, row, score)
}
