import type { Table, TableField, TableFields, TableOptions } from '../contract.ts'
import { checkTableOptions } from '../table-options.ts'
import { initRows } from './init-rows.ts'
import type { Order } from './order.ts'
import type { Workspace } from './workspace.ts'

/** A table in the shared memory. */
export interface WasmTable extends Table {
  readonly init: TableOptions['init']
  readonly spread: number
  /** Where row 0 of each field is. */
  readonly address: Readonly<Record<TableField, number>>
  /** Where the table describes itself to the kernels, as `Table` in wasm/table.ts. */
  readonly header: number
  readonly destroyed: boolean
}

// In the order of wasm/table.ts.
const FIELDS = [
  'weights',
  'shared',
  'accumulator',
  'sharedAccumulator',
  'multiplier',
  'contributions',
  'hits'
] as const satisfies TableField[]

/**
 * Makes a table of rows that are all zero.
 * @throws RangeError where an option is out of range or the memory does not suffice.
 */
export function openTable(workspace: Workspace, order: Order, options: TableOptions): WasmTable {
  const { name, capacity, dim, unit = 2 ** -20, init, spread = 0.5 } = options
  checkTableOptions(options)
  const { shared } = workspace
  const owned: number[] = []
  const take = (bytes: number) => {
    const address = shared.allocate(bytes, `table ${name} (${capacity} rows of ${dim})`)
    owned.push(address)
    return address
  }
  const give = () => {
    for (const address of owned.splice(0)) shared.release(address)
  }

  const address = {} as Record<TableField, number>
  let header: number
  try {
    header = take(64)
    for (const field of FIELDS) address[field] = take(capacity * width(field, dim) * 4)
  } catch (error) {
    give()
    throw error
  }
  shared.u32(header, 8).set([...FIELDS.map(field => address[field]), dim])
  shared.f32(header + 32, 1)[0] = unit

  let destroyed = false
  const check = (first: number, count: number) => {
    if (destroyed) throw new Error(`table ${name}: used after destroy`)
    const whole = Number.isInteger(first) && Number.isInteger(count)
    if (whole && first >= 0 && count >= 0 && first + count <= capacity) return
    throw new RangeError(`table ${name}: rows ${first} … ${first + count - 1} are not within its ${capacity}`)
  }
  /** A field's rows in place; made anew each time, since the memory's buffer changes when it grows. */
  const view = (field: TableField, first: number, count: number) => {
    const at = address[field] + first * width(field, dim) * 4
    const length = count * width(field, dim)
    if (field === 'shared' || field === 'sharedAccumulator') return shared.i32(at, length)
    if (field === 'contributions' || field === 'hits') return shared.u32(at, length)
    return shared.f32(at, length)
  }

  const table: WasmTable = {
    name,
    capacity,
    dim,
    unit,
    init,
    spread,
    address,
    header,
    get destroyed() {
      return destroyed
    },

    initRows(first, keys, multiplier) {
      check(first, keys.length / 2)
      initRows(workspace, table, first, keys, multiplier)
    },

    async read<Field extends TableField>(field: Field, first: number, count: number) {
      return order.alone(() => {
        check(first, count)
        return view(field, first, count).slice() as TableFields[Field]
      })
    },

    async write(field, first, values) {
      return order.alone(() => {
        check(first, values.length / width(field, dim))
        view(field, first, values.length / width(field, dim)).set(values)
      })
    },

    destroy() {
      if (destroyed) return
      destroyed = true
      // Training that was accepted before may still use the rows.
      void order.alone(give).catch(() => {})
    }
  }
  return table
}

/** Values of a field in one row. */
function width(field: TableField, dim: number): number {
  return field === 'weights' || field === 'shared' ? dim : 1
}
