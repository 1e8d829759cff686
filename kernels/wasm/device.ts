import type { Device, DeviceLostError, Table } from '../contract.ts'
import { applyRows } from './apply.ts'
import { checkRows } from './check-rows.ts'
import { openSharedMemory } from './memory.ts'
import { instantiate, loadModule } from './module.ts'
import { nearest } from './nearest.ts'
import { openOrder } from './order.ts'
import { packRows } from './pack.ts'
import { measureRoof } from './roof.ts'
import { openTable, type WasmTable } from './table.ts'
import { SCRATCH_BYTES, type Workspace } from './workspace.ts'

export interface WasmOptions {
  /** Workers that train. Default: as many as the machine has processors. With one, the same calls give the same bits. */
  readonly threads?: number
  /** Whether to use relaxed SIMD. Default: where the engine has it. */
  readonly relaxed?: boolean
}

/**
 * Opens a device that computes with WASM SIMD on the machine's processors.
 * @throws Error where the engine has no shared memory or the kernels were not built.
 */
export async function openWasm(options: WasmOptions = {}): Promise<Device> {
  const threads = options.threads ?? navigator.hardwareConcurrency
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`wasm: threads must be a whole number, at least 1; got ${threads}`)
  }
  if (typeof SharedArrayBuffer === 'undefined') {
    throw new Error(
      'wasm: this page has no shared memory; serve it with Cross-Origin-Opener-Policy: same-origin and ' +
        'Cross-Origin-Embedder-Policy: require-corp'
    )
  }
  const { module, relaxed } = await loadModule(
    options.relaxed === undefined ? {} : { relaxed: options.relaxed }
  )
  const shared = openSharedMemory()
  const kernels = await instantiate(module, shared.memory)
  const workspace: Workspace = { shared, kernels, scratch: shared.allocate(SCRATCH_BYTES, 'the workspace') }
  const order = openOrder()
  const tables = new WeakSet<Table>()
  const lost = Promise.withResolvers<DeviceLostError>()

  const own = (table: Table): WasmTable => {
    if (!tables.has(table)) throw new TypeError(`wasm: table ${table.name} belongs to another device`)
    const own = table as WasmTable
    if (own.destroyed) throw new Error(`table ${table.name}: used after destroy`)
    return own
  }
  const checkRowCount = (what: string, table: Table, rows: number) => {
    if (Number.isInteger(rows) && rows >= 0 && rows <= table.capacity) return
    throw new RangeError(`${what}: table ${table.name} has ${table.capacity} rows; got ${rows}`)
  }

  return {
    kind: 'wasm',
    name: `WASM SIMD, ${relaxed ? 'relaxed, ' : ''}${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    deterministic: threads === 1,
    facts: [
      ['engine', engine()],
      ['threads', String(threads)],
      ['SIMD', 'yes'],
      ['relaxed SIMD', relaxed ? 'yes' : 'no'],
      ['shared memory limit', '4 GiB']
    ],
    lost: lost.promise,

    async createTable(options) {
      // After what was accepted before, so that the memory of a table destroyed just now can be used again.
      return order.alone(() => {
        const table = openTable(workspace, order, options)
        tables.add(table)
        return table
      })
    },

    async createSkipGram(options) {
      own(options.input)
      own(options.output)
      const { createSkipGram } = await import('./skip-gram.ts')
      return order.join(await createSkipGram(shared, module, threads, options, lost.resolve))
    },

    async pack(table, limit, replicas) {
      return order.alone(() => packRows(workspace, own(table), limit, replicas))
    },

    async apply(table, delta) {
      return order.alone(() => applyRows(workspace, own(table), delta))
    },

    async nearest(table, rows, queries, k) {
      return order.alone(() => {
        checkRowCount('nearest', table, rows)
        return nearest(workspace, own(table), rows, queries, k)
      })
    },

    async checkRows(table, rows, limit) {
      return order.alone(() => {
        checkRowCount('checkRows', table, rows)
        return checkRows(workspace, own(table), rows, limit)
      })
    },

    measureRoof: () => measureRoof(module, threads),

    close: () => order.end()
  }
}

/** Name and version of the JavaScript engine, as far as it tells. */
function engine(): string {
  const v8 = globalThis.process?.versions?.v8
  return v8 === undefined ? navigator.userAgent : `V8 ${v8}`
}
