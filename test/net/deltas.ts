import fc from 'fast-check'
import type { Delta, RowChanges, RowNames, TableShape } from '../../src/types.ts'

/** A table as the tests use it. */
export function tableShape(name: string, dim: number, capacity: number): TableShape {
  return { name, dim, unit: 2 ** -20, capacity }
}

/** Deltas of these tables over rows 0 … size - 1, with values of every width. */
export function deltas(tables: readonly TableShape[], size: number): fc.Arbitrary<Delta> {
  return fc.tuple(...tables.map(table => rowChanges(table.dim, size)))
}

function rowChanges(dim: number, size: number): fc.Arbitrary<RowChanges> {
  const row = fc.nat({ max: size - 1 })
  const values = fc.oneof(
    numbers(127, values => Int8Array.from(values)),
    numbers(40_000, values => Int16Array.from(values)),
    numbers(2 ** 31 - 1, values => Int32Array.from(values))
  )
  return fc
    .tuple(fc.uniqueArray(row, { maxLength: size }), values, fc.array(fc.maxSafeNat(), { minLength: 1 }))
    .map(([unsorted, fill, seeds]) => {
      const rows = Uint32Array.from(unsorted).sort()
      const seed = (i: number) => seeds[i % seeds.length] + i
      return {
        dim,
        rows,
        shifts: Uint8Array.from(rows, (_, i) => seed(i) % 25),
        values: fill(rows.length * dim),
        accumulators: Int32Array.from(rows, (_, i) => seed(i)),
        counts: Uint32Array.from(rows, (_, i) => seed(i) % (2 ** 24 + 1))
      }
    })
}

function numbers<Values>(
  most: number,
  from: (values: number[]) => Values
): fc.Arbitrary<(length: number) => Values> {
  return fc
    .array(fc.integer({ min: -most - 1, max: most }), { minLength: 1, maxLength: 40 })
    .map(some => length => from(Array.from({ length }, (_, i) => some[i % some.length])))
}

/** What a delta says, whatever a peer's numbers of its rows are and however wide its values: by table and text or key. */
export function meaning(delta: Delta, names: RowNames): object[] {
  return delta.map(({ dim, rows, shifts, values, accumulators, counts }) => {
    const changes = Array.from(rows, (row, i) => [
      names.text(row) || [...names.keys(row, row + 1)].join(),
      {
        shift: shifts[i],
        values: [...values.subarray(i * dim, (i + 1) * dim)],
        accumulator: accumulators[i],
        count: counts[i]
      }
    ])
    return { dim, changes: Object.fromEntries(changes) }
  })
}

/** The parts, back to back. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
