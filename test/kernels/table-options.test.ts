import { strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import type { TableOptions } from '../../kernels/contract.ts'
import { checkTableOptions, initDivisor } from '../../kernels/table-options.ts'

const options: TableOptions = { name: 'words', capacity: 10, dim: 100, init: 'uniform' }

for (const [why, change, message] of [
  ['no rows', { capacity: 0 }, 'table words: capacity must be a whole number of rows, at least 1; got 0'],
  ['no multiple of 4', { dim: 130 }, 'table words: dim must be a multiple of 4, at most 1024; got 130'],
  ['too wide', { dim: 1028 }, 'table words: dim must be a multiple of 4, at most 1024; got 1028'],
  ['no power of two', { unit: 0.3 }, 'table words: unit must be a power of two, 2^-40 to 1; got 0.3'],
  ['too wide a spread', { spread: 16 }, 'table words: spread must be a power of two, 0.5 to 8; got 16']
] as const) {
  test(`a table is refused with one clear line: ${why}`, () => {
    throws(() => checkTableOptions({ ...options, ...change }), { name: 'RangeError', message })
  })
}

test('the narrowest and the widest table are taken', () => {
  checkTableOptions({ ...options, capacity: 1, dim: 4, unit: 2 ** -40, spread: 0.5 })
  checkTableOptions({ ...options, dim: 1024, unit: 1, spread: 8 })
})

test('a row of zeros has no divisor, and a wider spread a smaller one', () => {
  strictEqual(initDivisor({ ...options, init: 'zero' }), 0)
  strictEqual(initDivisor(options), 1600)
  strictEqual(initDivisor({ ...options, spread: 4 }), 200)
})
