import { deepStrictEqual, ok } from 'node:assert'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import type { Device } from '../../kernels/contract.ts'
import { assertClose } from '../assert-close.ts'
import { devices } from '../devices.ts'
import { packRow, type ReferenceRow } from '../reference/delta.ts'
import { row, rowsOf, tableOf } from './row-case.ts'

const UNIT = 2 ** -20
const units = (...values: number[]) => values.map(value => value * UNIT)

const single: { why: string; row: ReferenceRow; shift: number; values: number[] }[] = [
  { why: 'most is 7 units', row: row({ weights: units(7, -3, 0, 1) }), shift: 0, values: [7, -3, 0, 1] },
  {
    why: 'most is 7.5 units',
    row: row({ weights: units(-7.5, 4, 0, 6) }),
    shift: 1,
    values: [-4, 2, 0, 3]
  },
  { why: 'most is 8 units', row: row({ weights: units(8, 4, 0, 0) }), shift: 1, values: [4, 2, 0, 0] },
  { why: 'most is 14 units', row: row({ weights: units(14, 0, 0, 0) }), shift: 1, values: [7, 0, 0, 0] },
  { why: 'most is 15 units', row: row({ weights: units(15, 0, 0, 0) }), shift: 2, values: [4, 0, 0, 0] },
  {
    why: 'halves go to the even',
    row: row({ weights: units(0.5, 1.5, -2.5, 3.5) }),
    shift: 0,
    values: [0, 2, -2, 4]
  },
  {
    why: 'the largest shift',
    row: row({ weights: units(2 ** 26, 0, 0, 0) }),
    shift: 24,
    values: [4, 0, 0, 0]
  },
  {
    why: 'half of it where another contributed',
    row: row({ weights: units(6, 2, 0, 0), contributions: 1 }),
    shift: 0,
    values: [3, 1, 0, 0]
  },
  {
    why: 'a quarter of it where m is 4',
    row: row({ weights: units(20, 4, 0, 0), multiplier: 4, accumulator: 8 }),
    shift: 0,
    values: [5, 1, 0, 0]
  }
]

/** Rows as training leaves them; m and contributions such that α is exact. */
const anyRow: fc.Arbitrary<ReferenceRow> = fc.record(
  {
    weights: fc.array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: 8, maxLength: 8 }),
    shared: fc.array(fc.integer({ min: -(2 ** 22), max: 2 ** 22 }), { minLength: 8, maxLength: 8 }),
    accumulator: fc.float({ min: 64, max: 100, noNaN: true }),
    sharedAccumulator: fc.integer({ min: 0, max: 2 ** 20 }),
    multiplier: fc.constantFrom(1, 2, 4),
    contributions: fc.constantFrom(0, 1, 3),
    hits: fc.constantFrom(0, 1, 5)
  },
  { noNullPrototype: true }
)

for (const { name, open } of devices) {
  describe(`pack on ${name}`, () => {
    let device: Device
    before(async () => {
      device = await open()
    })
    after(() => device.close())

    for (const { why, row: before, shift, values } of single) {
      test(`${why}: shift ${shift}`, async () => {
        const table = await tableOf(device, [before])
        const packed = await device.pack(table)
        deepStrictEqual([[...packed.rows], [...packed.shifts], [...packed.values]], [[0], [shift], values])

        const expected = structuredClone(before)
        deepStrictEqual(packRow(expected, UNIT), { shift, values, accumulator: packed.accumulators[0] })
        deepStrictEqual(await rowsOf(table, 1), [expected])
        table.destroy()
      })
    }

    test('a peer that heard often of few others does not count each of their packs as one of them', async () => {
      const before = row({ weights: units(4, -4, 0, 0), contributions: 75, accumulator: 8 })
      for (const [replicas, values] of [
        [4, [1, -1, 0, 0]],
        [1, [4, -4, 0, 0]]
      ] as const) {
        const table = await tableOf(device, [before])
        const packed = await device.pack(table, 1, replicas)
        deepStrictEqual([...packed.values], values)
        const expected = structuredClone(before)
        packRow(expected, UNIT, replicas)
        deepStrictEqual(expected.multiplier, (1 + replicas) / 2)
        deepStrictEqual(await rowsOf(table, 1), [expected])
        table.destroy()
      }
    })

    test('a row whose q are all zero is not handed out and stays as it is', async () => {
      const rows = [row({ weights: units(0.5, 0, 0, 0), hits: 7, contributions: 3 }), row({ hits: 2 })]
      const table = await tableOf(device, rows)
      deepStrictEqual((await device.pack(table)).rows.length, 0)
      deepStrictEqual(await rowsOf(table, 2), rows)
      table.destroy()
    })

    test('rows without hits, and rows that are not finite, are left alone', async () => {
      const rows = [
        row({ weights: units(9, 9, 9, 9), hits: 0 }),
        row({ weights: [Number.NaN, 1, 1, 1] }),
        row({ weights: [1, Number.NEGATIVE_INFINITY, 1, 1] }),
        row({ weights: units(1, 2, 3, 4) })
      ]
      const table = await tableOf(device, rows)
      deepStrictEqual([...(await device.pack(table)).rows], [3])
      deepStrictEqual((await rowsOf(table, 4)).slice(0, 3), rows.slice(0, 3))
      table.destroy()
    })

    test('a limit takes the lowest rows, and the next pack the others', async () => {
      const rows = Array.from({ length: 21 }, (_, i) => row({ weights: units(i, 0, 0, 0), hits: i % 2 }))
      const table = await tableOf(device, rows, { capacity: 30 })
      deepStrictEqual([...(await device.pack(table, 4)).rows], [1, 3, 5, 7])
      deepStrictEqual([...(await device.pack(table)).rows], [9, 11, 13, 15, 17, 19])
      deepStrictEqual((await device.pack(table)).rows.length, 0)
      table.destroy()
    })

    test('what is handed out is what shared moves by, and the rest stays in weights - shared', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 12 }), async before => {
          const table = await tableOf(device, before)
          const packed = await device.pack(table)
          const after = await rowsOf(table, before.length)
          for (const [i, index] of packed.rows.entries()) {
            const [old, now] = [before[index], after[index]]
            const q = [...packed.values.subarray(i * 8, (i + 1) * 8)]
            const step = 2 ** packed.shifts[i]
            deepStrictEqual(
              now.shared,
              old.shared.map((value, d) => value + q[d] * step)
            )
            deepStrictEqual(now.sharedAccumulator, old.sharedAccumulator + packed.accumulators[i])
            ok(now.weights.every((weight, d) => Math.abs(weight / UNIT - now.shared[d]) <= 0.51 * step + 1))
            const expected = structuredClone(old)
            deepStrictEqual(packed.shifts[i], packRow(expected, UNIT)?.shift)
            assertClose(
              q,
              expected.shared.map((value, d) => (value - old.shared[d]) / step),
              { absolute: 1 }
            )
            assertClose(now.weights, expected.weights)
            assertClose([now.accumulator, now.multiplier], [expected.accumulator, expected.multiplier])
            deepStrictEqual([now.hits, now.contributions], [0, 0])
          }
          const taken = new Set(packed.rows)
          deepStrictEqual(
            after.filter((_, i) => !taken.has(i)),
            before.filter((_, i) => !taken.has(i))
          )
          table.destroy()
        }),
        { numRuns: 15, seed: 5 }
      )
    })
  })
}
