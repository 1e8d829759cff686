import { strictEqual } from 'node:assert'
import { test } from 'node:test'
import { bytes } from '../../src/cli/table.ts'

for (const [value, text] of [
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 KB'],
  [56_789, '56.8 KB'],
  [99_949, '99.9 KB'],
  [99_951, '100 KB'],
  [1_234_567, '1.2 MB'],
  [8.5e9, '8.5 GB'],
  [3e15, '3000 TB']
] as const) {
  test(`${value} bytes read ${text}`, () => strictEqual(bytes(value), text))
}
