import type { Device, Table } from '../../kernels/contract.ts'

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
  return sick
}
