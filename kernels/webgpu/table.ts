import type { Table, TableField, TableFields, TableOptions } from '../contract.ts'
import { checkTableOptions, initDivisor } from '../table-options.ts'
import type { Gpu } from './gpu.ts'
import { loadInitRows } from './init-rows.ts'

/** A table's memory on the device. */
export interface GpuTable extends Table {
  readonly weights: GPUBuffer // f32 [capacity, dim]
  readonly shared: GPUBuffer // i32 [capacity, dim]
  /** accumulator, sharedAccumulator, multiplier, contributions and hits, one [capacity] after the other. */
  readonly state: GPUBuffer
}

/** The fields in `state`, in the order the shaders know. */
const STATE = ['accumulator', 'sharedAccumulator', 'multiplier', 'contributions', 'hits'] as const

const ARRAYS: { [Field in TableField]: new (buffer: ArrayBuffer) => TableFields[Field] } = {
  weights: Float32Array,
  shared: Int32Array,
  accumulator: Float32Array,
  sharedAccumulator: Int32Array,
  multiplier: Float32Array,
  contributions: Uint32Array,
  hits: Uint32Array
}

const tables = new WeakMap<Table, Gpu>()

/**
 * The device memory of a table.
 * @throws TypeError for a destroyed table and one of another device.
 */
export function gpuTable(gpu: Gpu, table: Table): GpuTable {
  if (tables.get(table) !== gpu)
    throw new TypeError(`webgpu: table ${table.name} is destroyed or belongs to another device`)
  return table as GpuTable
}

/** Makes a table of zeros. */
export async function createTable(gpu: Gpu, options: TableOptions): Promise<GpuTable> {
  const { name, capacity, dim, unit = 2 ** -20 } = options
  checkTableOptions(options)
  const { maxBufferSize, maxStorageBufferBindingSize } = gpu.device.limits
  const rows = Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / (4 * dim))
  const advice = `lower the capacity to ${rows} rows or the dim`
  const initRows = await loadInitRows(gpu, dim)
  const buffers: GPUBuffer[] = []
  try {
    buffers.push(await gpu.buffer(`table ${name}`, 4 * capacity * dim, advice))
    buffers.push(await gpu.buffer(`table ${name} (shared)`, 4 * capacity * dim, advice))
    buffers.push(await gpu.buffer(`table ${name} (state)`, 4 * capacity * STATE.length, advice))
  } catch (error) {
    gpu.destroy(...buffers)
    throw error
  }
  const [weights, shared, state] = buffers

  const table: GpuTable = {
    name,
    capacity,
    dim,
    unit,
    weights,
    shared,
    state,
    initRows(first, keys, multiplier = 1) {
      check(first, keys.length / 2)
      initRows(table, first, keys, initDivisor(options), multiplier)
    },
    async read(field, first, count) {
      check(first, count)
      const { buffer, offset, width } = place(table, field)
      return new ARRAYS[field](await gpu.read(buffer, offset + 4 * first * width, 4 * count * width))
    },
    async write(field, first, values) {
      const { buffer, offset, width } = place(table, field)
      check(first, values.length / width)
      gpu.write(buffer, offset + 4 * first * width, values)
    },
    destroy() {
      gpu.destroy(...buffers)
      tables.delete(table)
    }
  }
  function check(first: number, count: number): void {
    if (!tables.has(table)) throw new Error(`table ${name}: used after destroy`)
    checkRange(name, capacity, first, count)
  }
  tables.set(table, gpu)
  return table
}

/** Where a field of row 0 stands, in bytes, and how many values a row of it has. */
function place(table: GpuTable, field: TableField): { buffer: GPUBuffer; offset: number; width: number } {
  if (field === 'weights' || field === 'shared') return { buffer: table[field], offset: 0, width: table.dim }
  return { buffer: table.state, offset: 4 * STATE.indexOf(field) * table.capacity, width: 1 }
}

function checkRange(name: string, capacity: number, first: number, count: number): void {
  if (
    Number.isInteger(first) &&
    Number.isInteger(count) &&
    first >= 0 &&
    count >= 0 &&
    first + count <= capacity
  ) {
    return
  }
  throw new RangeError(`table ${name}: rows ${first} … ${first + count - 1} are not within its ${capacity}`)
}
