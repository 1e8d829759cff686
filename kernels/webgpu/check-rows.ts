import type { Gpu } from './gpu.ts'
import { packParams } from './params.ts'
import type { GpuTable } from './table.ts'

const ROWS_PER_WORKGROUP = 8

/** Runs wgsl/check-rows.wgsl; the rows it put back, ascending. Their accumulators go back as well. */
export async function checkRows(
  gpu: Gpu,
  table: GpuTable,
  rows: number,
  limit: number
): Promise<Uint32Array<ArrayBuffer>> {
  if (!(Number.isInteger(rows) && rows >= 0 && rows <= table.capacity)) {
    throw new RangeError(`checkRows: table ${table.name} has ${table.capacity} rows; got ${rows}`)
  }
  if (!(limit > 0)) throw new RangeError(`checkRows: limit must be greater than 0; got ${limit}`)
  if (rows === 0) return new Uint32Array()
  const kernel = await gpu.kernel('check-rows', { DIM: table.dim })
  const bad = await gpu.buffer('check-rows', 4 * (rows + 1))
  gpu.record(to => {
    const largest = Math.min(limit, 3.4028234663852886e38) // an infinite limit is still a limit
    const params = to.params(
      packParams(['f32', table.unit], ['f32', largest], ['u32', table.capacity], ['u32', rows])
    )
    const group = kernel.bind(params, table.weights, table.shared, table.state, bad)
    to.dispatch(kernel, group, Math.ceil(rows / ROWS_PER_WORKGROUP))
  })
  const [count] = new Uint32Array(await gpu.read(bad, 0, 4))
  const found = new Uint32Array(await gpu.read(bad, 4, 4 * count))
  bad.destroy()
  return found.sort()
}
