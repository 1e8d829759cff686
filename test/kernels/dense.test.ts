import { deepStrictEqual, ok } from 'node:assert'
import { before, suite, test } from 'node:test'
import fc from 'fast-check'
import { type DensePackRules, exactShare, ROW_VALUES } from '../../kernels/dense.ts'
import type { Tensorflow } from '../../kernels/tensorflow.ts'
import { packByDefinition } from '../reference/dense.ts'
import { cut, denseCase, dispose, rest, tensorflows, UNIT, weightRows } from './dense-case.ts'
import { singleRows, units } from './dense-single-rows.ts'

/** Weights of two and a half rows, of three values, and of a row and 44 values: 6 rows. */
const SIZES = [2.5 * ROW_VALUES, 3, ROW_VALUES + 44]
const ROWS = 6

const everything = (rows: number, share = 1): DensePackRules => ({
  first: 0,
  limit: rows,
  top: undefined,
  shares: new Float64Array(rows).fill(share)
})

/** Of each row, how far its weights are from what is agreed on, in units, and α. */
const anyRow = fc.record({
  spread: fc.constantFrom(0, 0.5, 1, 7, 2 ** 6, 2 ** 13, 2 ** 26),
  share: fc.constantFrom(1, 0.5, 1 / 3, 0.875, 2 ** -9).map(exactShare)
})

const anyRows = fc
  .record({
    rows: fc.array(anyRow, { minLength: ROWS, maxLength: ROWS }),
    values: fc.infiniteStream(
      fc.record({
        agreed: fc.integer({ min: -(2 ** 26), max: 2 ** 26 }),
        scale: fc.constantFrom(1, 2 ** -12),
        change: fc.float({ min: -1, max: 1, noNaN: true })
      })
    ),
    sick: fc.nat(2 * SIZES[0])
  })
  .map(({ rows, values, sick }) => {
    const shared = new Int32Array(ROWS * ROW_VALUES)
    let first = 0
    const weights = SIZES.map(size => {
      const weight = Float32Array.from({ length: size }, (_, i) => {
        const { agreed, scale, change } = values.next().value
        const at = first * ROW_VALUES + i
        shared[at] = Math.round(agreed * scale)
        return (shared[at] + change * rows[Math.floor(at / ROW_VALUES)].spread) * UNIT
      })
      first += Math.ceil(size / ROW_VALUES)
      return weight
    })
    if (sick < SIZES[0]) weights[0][sick] = Number.NaN
    return { weights, shared, shares: Float64Array.from(rows, ({ share }) => share) }
  })

/** At most a rounding to 32 bits from what is exact, or what is below a unit's 24 bits. */
function assertRounded(given: Float32Array, wanted: readonly number[], why: string): void {
  for (const [d, value] of given.entries())
    ok(
      Math.abs(value - wanted[d]) <= Math.abs(wanted[d]) * 2 ** -23 + UNIT * 2 ** -24,
      `${why}: ${value}, not ${wanted[d]}`
    )
}

for (const { name, open } of tensorflows) {
  suite(`dense rows on ${name}`, () => {
    let tensorflow: Tensorflow
    before(async () => {
      tensorflow = await open()
    })

    for (const { why, weights, shared = [], share = 1, packed } of singleRows) {
      test(`${why}: ${typeof packed === 'string' ? packed : `shift ${packed.shift}`}`, async () => {
        const agreed = Int32Array.from(weights, (_, d) => shared[d] ?? 0)
        const one = await denseCase(tensorflow, [weights], agreed)
        const alpha = exactShare(share)
        const pack = await one.rows.pack(everything(1, alpha), rest)
        const after = (await one.rows.read()).subarray(0, weights.length)
        const [now] = await weightRows(one)
        dispose(one)
        const wanted = packByDefinition({ weights, shared: agreed }, UNIT, alpha)
        deepStrictEqual([...pack.looked], [0])
        if (typeof packed === 'string' || wanted.kind !== 'packed') {
          deepStrictEqual([wanted.kind, packed], [packed, packed])
          deepStrictEqual([[...pack.rows], [...pack.sick]], [[], packed === 'sick' ? [0] : []])
          deepStrictEqual(after, agreed)
          if (packed === 'sick')
            assertRounded(
              now,
              Array.from(agreed, value => value * UNIT),
              why
            )
          else deepStrictEqual(now, weights)
          return
        }
        deepStrictEqual([...pack.shifts], [packed.shift])
        deepStrictEqual([...pack.values.subarray(0, weights.length)], packed.values)
        deepStrictEqual([wanted.shift, wanted.values], [packed.shift, packed.values])
        deepStrictEqual([...after], wanted.shared)
        assertRounded(now, wanted.weights, why)
      })
    }

    test('packing is what its definition says, bit for bit', async () => {
      await fc.assert(
        fc.asyncProperty(anyRows, async ({ weights, shared, shares }) => {
          const one = await denseCase(tensorflow, weights, shared.slice())
          const pack = await one.rows.pack({ ...everything(ROWS), shares }, rest)
          const after = await one.rows.read()
          const now = await weightRows(one)
          let slot = 0
          for (const [row, values] of weights.flatMap(cut).entries()) {
            const place = [row * ROW_VALUES, row * ROW_VALUES + values.length] as const
            const before = shared.subarray(...place)
            const wanted = packByDefinition({ weights: values, shared: before }, UNIT, shares[row])
            deepStrictEqual(pack.sick.includes(row), wanted.kind === 'sick')
            deepStrictEqual(pack.rows[slot] === row, wanted.kind === 'packed')
            if (wanted.kind === 'sick')
              assertRounded(
                now[row],
                Array.from(before, value => value * UNIT),
                `row ${row}`
              )
            if (wanted.kind !== 'packed') continue
            const padded = [...wanted.values, ...new Array(ROW_VALUES - values.length).fill(0)]
            deepStrictEqual([...pack.values.subarray(slot * ROW_VALUES, (slot + 1) * ROW_VALUES)], padded)
            deepStrictEqual(pack.shifts[slot], wanted.shift)
            deepStrictEqual([...after.subarray(...place)], wanted.shared)
            assertRounded(now[row], wanted.weights, `row ${row}`)
            slot++
          }
          deepStrictEqual(slot, pack.rows.length)
          dispose(one)
        }),
        { numRuns: 12, seed: 4 }
      )
    })

    test('a limit ends the pack behind its last row, and the next goes on there', async () => {
      const values = SIZES.map(size => new Float32Array(size).fill(1))
      values[1].fill(0)
      const one = await denseCase(tensorflow, values, new Int32Array(ROWS * ROW_VALUES))
      const pack = await one.rows.pack({ ...everything(ROWS), limit: 3 }, rest)
      deepStrictEqual(
        [[...pack.rows], [...pack.looked]],
        [
          [0, 1, 2],
          [0, 1, 2]
        ]
      )
      const next = await one.rows.pack({ ...everything(ROWS), first: 3, limit: 3 }, rest)
      deepStrictEqual(
        [[...next.rows], [...next.looked]],
        [
          [4, 5],
          [3, 4, 5]
        ]
      )
      dispose(one)
    })

    test('of top rows the first of equal ones are looked at, and none that has not changed', async () => {
      const values = SIZES.map(size => new Float32Array(size).fill(1))
      values[2].fill(2, 0, ROW_VALUES)
      values[1].fill(0)
      const packed = async (top: number, limit = ROWS) => {
        const one = await denseCase(tensorflow, values, new Int32Array(ROWS * ROW_VALUES))
        const { rows, looked } = await one.rows.pack({ ...everything(ROWS), top, limit }, rest)
        dispose(one)
        deepStrictEqual(rows, looked)
        return [...rows]
      }
      deepStrictEqual(await packed(1), [4])
      deepStrictEqual(await packed(2), [0, 4])
      deepStrictEqual(await packed(3), [0, 1, 4])
      deepStrictEqual(await packed(6), [0, 1, 2, 4, 5])
      deepStrictEqual(await packed(3, 2), [0, 1])
    })

    test('many rows are counted through', async () => {
      const many = 700
      const values = new Float32Array(many * ROW_VALUES)
      const changed = Array.from({ length: many / 2 }, (_, i) => 2 * i + 1)
      for (const row of changed) values[row * ROW_VALUES] = 1
      values[(many - 1) * ROW_VALUES] = 2
      const packed = async (rules: Partial<DensePackRules>) => {
        const one = await denseCase(tensorflow, [values], new Int32Array(many * ROW_VALUES))
        const { rows } = await one.rows.pack({ ...everything(many), ...rules }, rest)
        dispose(one)
        return [...rows]
      }
      deepStrictEqual(await packed({ limit: 300 }), changed.slice(0, 300))
      deepStrictEqual(await packed({ top: 300 }), [...changed.slice(0, 299), many - 1])
    })

    for (const [Values, value] of [
      [Int8Array, -128],
      [Int16Array, 12345],
      [Int32Array, -1234567]
    ] as const) {
      test(`what is applied moves shared and the weights, from ${Values.name}`, async () => {
        const one = await denseCase(
          tensorflow,
          SIZES.map(size => new Float32Array(size).fill(0.25))
        )
        const rows = Uint32Array.of(1, 2, 3, 5, 7)
        const values = new Values(rows.length * ROW_VALUES).map((_, i) => (i % 2 === 0 ? value : 5))
        await one.rows.apply({ rows, shifts: Uint8Array.of(0, 3, 2, 1, 0), values }, rest)
        const shared = await one.rows.read()
        const before = 0.25 / UNIT
        const odd = [before, before + 5, before + 40, before + 20, before, before + 10]
        const even = [0, 1, 8, 4, 0, 2].map(step => before + step * value)
        for (const [row, weights] of (await weightRows(one)).entries()) {
          deepStrictEqual([shared[row * ROW_VALUES], shared[row * ROW_VALUES + 1]], [even[row], odd[row]])
          ok(Math.abs(weights[0] / UNIT - even[row]) <= Math.abs(even[row]) * 2 ** -23)
          deepStrictEqual(weights[1] / UNIT, odd[row])
          // Behind the last value of a weight there is nothing to change.
          ok(shared.subarray(row * ROW_VALUES + weights.length, (row + 1) * ROW_VALUES).every(at => at === 0))
        }
        deepStrictEqual(
          await one.rows.read(Uint32Array.of(3, 4, 5, 6, 0)),
          Int32Array.of(
            ...shared.subarray(3 * ROW_VALUES),
            ...new Int32Array(ROW_VALUES),
            ...shared.subarray(0, ROW_VALUES)
          )
        )
        dispose(one)
      })
    }

    test('shared wraps at 32 bits', async () => {
      const one = await denseCase(tensorflow, [units(1, 2)], Int32Array.of(2 ** 31 - 1, -(2 ** 31)))
      const values = new Int8Array(ROW_VALUES)
      values.set([1, -1])
      await one.rows.apply({ rows: Uint32Array.of(0), shifts: Uint8Array.of(0), values }, rest)
      deepStrictEqual([...(await one.rows.read()).subarray(0, 2)], [-(2 ** 31), 2 ** 31 - 1])
      dispose(one)
    })
  })
}
