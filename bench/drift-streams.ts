// Streams of errors in which the share of errors changes at known places.

import type { Change } from './drift-score.ts'

const HALF = 2 ** 24

/** `java.util.Random.nextDouble` from a seed below 2^24, so that MOA's streams can be made again. */
export function javaRandom(seed: number): () => number {
  // 48 bits as two limbs of 24: a product of limbs then fits a double exactly.
  let high = 0x5de
  let low = (seed ^ 0xece66d) >>> 0
  const step = () => {
    const product = low * 0xece66d + 0xb
    high = (high * 0xece66d + low * 0x5de + Math.floor(product / HALF)) % HALF
    low = product % HALF
  }
  return () => {
    step()
    const first = high * 4 + Math.floor(low / 2 ** 22)
    step()
    const second = high * 8 + Math.floor(low / 2 ** 21)
    return (first * 2 ** 27 + second) / 2 ** 53
  }
}

/** Share of errors at a row, counted from 1. */
export type Rates = (row: number) => number

/** 0.2 and 0.8 in turn, changing every 1000 rows: MOA's AbruptChangeGenerator with a period of 2000. */
export const abrupt: Rates = row => (row % 2000 < 1000 ? 0.2 : 0.8)

/** 0.2 up to row 2000, then 0.001 more each row, up to 1: MOA's GradualChangeGenerator. */
export const gradual: Rates = row => (row < 2000 ? 0.2 : Math.min(1, 0.2 + (row - 2000) * 0.001))

/** Errors, 0 or 1, of rows 1, 2, …, as MOA draws them. */
export function drawErrors(rates: Rates, rows: number, seed: number): number[] {
  const random = javaRandom(seed)
  return Array.from({ length: rows }, (_, i) => (random() <= rates(i + 1) ? 1 : 0))
}

/** A kind of stream of errors, and where its share of errors changes. */
export interface ErrorStream {
  readonly name: 'sudden' | 'gradual'
  readonly rates: Rates
  readonly rows: number
  readonly change: Change
}

/** The two kinds that OPTWIN's authors have figures of. */
export const ERROR_STREAMS: readonly ErrorStream[] = [
  { name: 'sudden', rates: abrupt, rows: 1999, change: { at: 1000, end: 2000, takes: 0 } },
  { name: 'gradual', rates: gradual, rows: 9999, change: { at: 2000, end: 3000, takes: 1000 } }
]
