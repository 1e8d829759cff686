import { deepStrictEqual, rejects } from 'node:assert'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import type { Device, PackedRows, RowIncrements } from '../../kernels/contract.ts'
import { devices } from '../devices.ts'
import { applyRow } from '../reference/delta.ts'
import { row, rowsOf, tableOf } from './row-case.ts'

const UNIT = 2 ** -20
const ROWS = 6

/** A change of one row: what a pack, or a sum of packs, says of it. */
interface Change {
  readonly row: number
  readonly increments: readonly number[]
  readonly accumulator: number
  readonly count: number
}

const anyChange: fc.Arbitrary<Change> = fc.record({
  row: fc.nat(ROWS - 1),
  increments: fc.array(fc.integer({ min: -(2 ** 21), max: 2 ** 21 }), { minLength: 4, maxLength: 4 }),
  accumulator: fc.nat(1000),
  count: fc.integer({ min: 1, max: 3 })
})

function deltaOf(changes: readonly Change[]): RowIncrements {
  return {
    rows: Uint32Array.from(changes, change => change.row),
    increments: Int32Array.from(changes.flatMap(change => change.increments)),
    accumulators: Int32Array.from(changes, change => change.accumulator),
    counts: Uint32Array.from(changes, change => change.count)
  }
}

/** Changes of the same row as one. */
function summed(changes: readonly Change[]): Change[] {
  const sums = new Map<number, Change>()
  for (const change of changes) {
    const sum = sums.get(change.row)
    sums.set(
      change.row,
      sum === undefined
        ? change
        : {
            row: change.row,
            increments: sum.increments.map((value, d) => value + change.increments[d]),
            accumulator: sum.accumulator + change.accumulator,
            count: sum.count + change.count
          }
    )
  }
  return [...sums.values()]
}

for (const { name, open } of devices) {
  describe(`apply on ${name}`, () => {
    let device: Device
    before(async () => {
      device = await open()
    })
    after(() => device.close())

    test('moves shared, weights, accumulators and contributions, and only of the rows named', async () => {
      const before = Array.from({ length: 9 }, (_, i) =>
        row({ weights: [i, 0, 0, 0.5], shared: [i, 1, 2, 3] })
      )
      const table = await tableOf(device, before)
      const changes = [7, 0, 3].map(index => ({
        row: index,
        increments: [1, -2, 0, 1 << 20],
        accumulator: 5,
        count: 2
      }))
      await device.apply(table, deltaOf(changes))

      const expected = structuredClone(before)
      for (const { row, increments, accumulator, count } of changes) {
        applyRow(expected[row], increments, accumulator, count, UNIT)
      }
      const rounded = expected.map(row => ({ ...row, weights: row.weights.map(Math.fround) }))
      deepStrictEqual(await rowsOf(table, 9), rounded)
      table.destroy()
    })

    for (const Numbers of [Int8Array, Int16Array, Int32Array]) {
      test(`increments may be ${Numbers.name}s with shifts`, async () => {
        const most = 2 ** (8 * Numbers.BYTES_PER_ELEMENT - 1) - 1
        const values = [most, -most - 1, 1, -1, 0, 5, -7, most >> 1]
        const shifts = Uint8Array.of(0, 24)
        const table = await tableOf(device, [row({ shared: values.slice(0, 4) }), row(), row()])
        const zero = { accumulators: new Int32Array(2), counts: new Uint32Array(2) }
        await device.apply(table, {
          rows: Uint32Array.of(0, 2),
          increments: Numbers.from(values) as RowIncrements['increments'],
          shifts,
          ...zero
        })
        const wanted = [
          ...values.slice(0, 4).map(v => v + v),
          0,
          0,
          0,
          0,
          ...values.slice(4).map(v => v << 24)
        ]
        deepStrictEqual(await table.read('shared', 0, 3), Int32Array.from(wanted))
        table.destroy()
      })
    }

    test('any order and any grouping of the same changes give the same integers', async () => {
      const history = fc.array(anyChange, { minLength: 1, maxLength: 12 })
      await fc.assert(
        fc.asyncProperty(history, fc.infiniteStream(fc.nat(3)), async (changes, sizes) => {
          const blank = Array.from({ length: ROWS }, () => row())
          const [together, reversed, grouped] = await Promise.all([1, 2, 3].map(() => tableOf(device, blank)))
          await device.apply(together, deltaOf(summed(changes)))
          for (const change of changes.toReversed()) await device.apply(reversed, deltaOf([change]))
          for (let left = [...changes]; left.length > 0; ) {
            const size = 1 + (sizes.next().value as number)
            await device.apply(grouped, deltaOf(summed(left.splice(0, size))))
          }
          const integers = async (table: typeof together) => [
            await table.read('shared', 0, ROWS),
            await table.read('sharedAccumulator', 0, ROWS),
            await table.read('contributions', 0, ROWS)
          ]
          deepStrictEqual(await integers(reversed), await integers(together))
          deepStrictEqual(await integers(grouped), await integers(together))
          for (const table of [together, reversed, grouped]) table.destroy()
        }),
        { numRuns: 15, seed: 6 }
      )
    })

    test('two replicas that exchange their packs agree bit for bit', async () => {
      const learned = (seed: number) =>
        Array.from({ length: ROWS }, (_, i) => row({ weights: [seed * i * 0.37, seed, -i * 0.11, 1e-3 * i] }))
      const [a, b] = [await tableOf(device, learned(1)), await tableOf(device, learned(-0.7))]
      const [packA, packB] = [await device.pack(a), await device.pack(b)]
      await device.apply(a, incrementsOf(packB))
      await device.apply(b, incrementsOf(packA))
      deepStrictEqual(await a.read('shared', 0, ROWS), await b.read('shared', 0, ROWS))
      a.destroy()
      b.destroy()
    })

    test('rows beyond the capacity and lengths that do not meet are refused', async () => {
      const table = await tableOf(device, [row(), row()])
      const change = { row: 2, increments: [1, 1, 1, 1], accumulator: 0, count: 1 }
      await rejects(device.apply(table, deltaOf([change])), { name: 'RangeError' })
      const short = { ...deltaOf([{ ...change, row: 0 }]), increments: new Int32Array(3) }
      await rejects(device.apply(table, short), { name: 'RangeError' })
      table.destroy()
    })
  })
}

function incrementsOf({ rows, values, shifts, accumulators }: PackedRows): RowIncrements {
  return { rows, increments: values, shifts, accumulators, counts: new Uint32Array(rows.length).fill(1) }
}
