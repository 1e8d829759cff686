import type { Device, Table } from '../../kernels/contract.ts'
import type { ReferenceRow } from '../reference/delta.ts'

/** Opens a table that holds `rows`, from row 0 on. */
export async function tableOf(
  device: Device,
  rows: readonly ReferenceRow[],
  { unit = 2 ** -20, capacity = rows.length } = {}
): Promise<Table> {
  const dim = rows[0].weights.length
  const table = await device.createTable({ name: 'rows', capacity, dim, unit, init: 'zero' })
  await table.write('weights', 0, Float32Array.from(rows.flatMap(row => row.weights)))
  await table.write('shared', 0, Int32Array.from(rows.flatMap(row => row.shared)))
  await table.write(
    'accumulator',
    0,
    Float32Array.from(rows, row => row.accumulator)
  )
  await table.write(
    'sharedAccumulator',
    0,
    Int32Array.from(rows, row => row.sharedAccumulator)
  )
  await table.write(
    'multiplier',
    0,
    Float32Array.from(rows, row => row.multiplier)
  )
  await table.write(
    'contributions',
    0,
    Uint32Array.from(rows, row => row.contributions)
  )
  await table.write(
    'hits',
    0,
    Uint32Array.from(rows, row => row.hits)
  )
  return table
}

/** All fields of the first `count` rows. */
export async function rowsOf(table: Table, count: number): Promise<ReferenceRow[]> {
  const { dim } = table
  const weights = await table.read('weights', 0, count)
  const shared = await table.read('shared', 0, count)
  const accumulator = await table.read('accumulator', 0, count)
  const sharedAccumulator = await table.read('sharedAccumulator', 0, count)
  const multiplier = await table.read('multiplier', 0, count)
  const contributions = await table.read('contributions', 0, count)
  const hits = await table.read('hits', 0, count)
  return Array.from({ length: count }, (_, row) => ({
    weights: [...weights.subarray(row * dim, (row + 1) * dim)],
    shared: [...shared.subarray(row * dim, (row + 1) * dim)],
    accumulator: accumulator[row],
    sharedAccumulator: sharedAccumulator[row],
    multiplier: multiplier[row],
    contributions: contributions[row],
    hits: hits[row]
  }))
}

/** A touched row of four values that was never shared, with what `change` says. */
export function row(change: Partial<ReferenceRow> = {}): ReferenceRow {
  return {
    weights: [0, 0, 0, 0],
    shared: [0, 0, 0, 0],
    accumulator: 0,
    sharedAccumulator: 0,
    multiplier: 1,
    contributions: 0,
    hits: 1,
    ...change
  }
}
