import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encode } from 'fast-png'
import { digits } from '../models/digits.ts'

/** Writes digits of the package `mnist` as PNG images in folders, `ofEach` from the first on. */
export function writeDigits(folder: string, first: number, ofEach: number): void {
  for (const [i, { input, label }] of digits(first, ofEach).entries()) {
    const image = Uint8Array.from(input, value => Math.round(value * 255))
    mkdirSync(join(folder, String(label)), { recursive: true })
    const png = encode({ width: 28, height: 28, data: image, channels: 1, depth: 8 })
    writeFileSync(join(folder, String(label), `${i}.png`), png)
  }
}

/** What a job has emitted. */
export interface Item {
  readonly type: string
  readonly [field: string]: unknown
}

/** The items among the lines of `--json`. */
export function itemsOf(told: readonly object[]): Item[] {
  return told.flatMap(line => ('item' in line ? [line.item as Item] : []))
}
