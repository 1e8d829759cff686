import type { PackedRows } from '../contract.ts'
import type { Gpu } from './gpu.ts'
import { type Param, packParams } from './params.ts'
import type { GpuTable } from './table.ts'

const ROWS_PER_WORKGROUP = 8

/**
 * Runs wgsl/pack-select.wgsl over the table and wgsl/pack.wgsl over the rows it names, the lowest `limit` of them.
 * Rows whose change is not finite, or more than a shift of 24 can say, stay touched until `checkRows` puts them back.
 */
export async function pack(gpu: Gpu, table: GpuTable, limit: number, replicas: number): Promise<PackedRows> {
  const rows = await select(gpu, table, limit, replicas)
  const count = rows.length
  const width = table.dim / 4 + 2
  const packed: PackedRows = {
    rows,
    shifts: new Uint8Array(count),
    values: new Int8Array(count * table.dim),
    accumulators: new Int32Array(count)
  }
  if (count === 0) return packed

  const kernel = await gpu.kernel('pack', { DIM: table.dim })
  const out = await gpu.buffer('pack', 4 * count * width, 'pack fewer rows at a time')
  gpu.record(to => {
    const params = to.params(packParams(...tableParams(table), ['f32', replicas], ['u32', count]))
    const { weights, shared, state } = table
    const group = kernel.bind(params, to.storage('pack rows', rows), weights, shared, state, out)
    to.dispatch(kernel, group, Math.ceil(count / ROWS_PER_WORKGROUP))
  })
  const bytes = await gpu.read(out, 0, 4 * count * width)
  out.destroy()

  const words = new Int32Array(bytes)
  for (let i = 0; i < count; i++) {
    const at = i * width
    packed.shifts[i] = words[at]
    packed.accumulators[i] = words[at + 1]
    packed.values.set(new Int8Array(bytes, 4 * (at + 2), table.dim), i * table.dim)
  }
  return packed
}

/** Units of a table, as the shaders of section pack and apply want them. */
export function tableParams({ unit, capacity }: GpuTable): Param[] {
  return [
    ['f32', unit],
    ['f32', 1 / unit],
    ['u32', capacity]
  ]
}

/** The lowest `limit` touched rows whose change rounds to anything but zero. */
async function select(
  gpu: Gpu,
  table: GpuTable,
  limit: number,
  replicas: number
): Promise<Uint32Array<ArrayBuffer>> {
  const { capacity, dim } = table
  const kernel = await gpu.kernel('pack-select', { DIM: dim })
  const selected = await gpu.buffer('pack-select', 4 * capacity)
  gpu.record(to => {
    const params = to.params(packParams(...tableParams(table), ['f32', replicas]))
    const group = kernel.bind(params, table.weights, table.shared, table.state, selected)
    to.dispatch(kernel, group, Math.ceil(capacity / ROWS_PER_WORKGROUP))
  })
  const flags = new Uint32Array(await gpu.read(selected, 0, 4 * capacity))
  selected.destroy()
  const rows: number[] = []
  for (let row = 0; row < capacity && rows.length < limit; row++) {
    if (flags[row] === 1) rows.push(row)
  }
  return Uint32Array.from(rows)
}
