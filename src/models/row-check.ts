import { ACCUMULATOR_UNIT, type Device, type Table } from '../../kernels/contract.ts'

// A few sick rows are bad luck; more than this share, and more than FEW, is a divergence.
const MANY = 0.001
const FEW = 10

/** Training diverged: going on would only spread it. */
export class DivergenceError extends Error {
  override name = 'DivergenceError'
}

/**
 * Puts rows that are not finite, or beyond 90 % of what `shared` can express, back to the value all peers agree on;
 * returns them. `advice` says what the user could lower.
 * @throws DivergenceError where they are many.
 */
export async function repairRows(
  device: Device,
  table: Table,
  rows: number,
  advice: string
): Promise<Uint32Array> {
  const sick = await device.checkRows(table, rows, 0.9 * 2 ** 31 * table.unit)
  if (sick.length > FEW && sick.length > rows * MANY) {
    throw new DivergenceError(
      `word2vec: training diverged, ${sick.length} of ${rows} rows of table ${table.name} are not finite or out of range; ${advice}`
    )
  }
  // Their accumulators have seen the same gradients: one that is not finite would make the row sick again at once.
  for (const row of sick) {
    const [accumulator] = await table.read('accumulator', row, 1)
    if (Number.isFinite(accumulator)) continue
    const [shared] = await table.read('sharedAccumulator', row, 1)
    await table.write('accumulator', row, Float32Array.of(shared * ACCUMULATOR_UNIT))
  }
  return sick
}
