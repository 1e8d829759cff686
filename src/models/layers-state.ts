// All that decides how the training of a network goes on, as plain arrays and JSON: it travels between threads, and is what a
// checkpoint of the kind `layers` holds. Each array is a tensor there, named by its place in the state: `network.weights.0.values`,
// `tables.0.shared`, `optimizer.moments.0`, `waiting.inputs`. What is not packed yet is the difference of weights and `shared`.

import type { Position, Store } from '../types.ts'
import { CheckpointError, openCheckpoint, saveCheckpoint } from './checkpoint.ts'
import type { NetworkState } from './layers-network.ts'
import type { OptimizerState } from './layers-optimizer.ts'
import type { LayersTraining } from './layers-replica.ts'
import type { TableState } from './layers-table.ts'
import type { TrainerCounts } from './layers-trainer.ts'
import type { TensorSource } from './safetensors.ts'

/** A replica as plain values. */
export interface LayersState {
  readonly training: LayersTraining
  readonly network: NetworkState
  readonly tables: readonly TableState[]
  readonly optimizer: OptimizerState
  readonly counts: TrainerCounts
  readonly waiting: WaitingExamples
  readonly repaired: number
  readonly hasMore: boolean
  readonly position: Position | undefined
}

/** Examples that wait for their batch to be full, in columns. */
export interface WaitingExamples {
  readonly length: number
  readonly inputs: Float32Array<ArrayBuffer>
  readonly labels: Float32Array<ArrayBuffer>
}

type Values = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>

/** An array's place in the JSON: its tensor's name, type and values. */
interface Stored {
  readonly '@tensor': string
  readonly dtype: 'F32' | 'I32' | 'U32'
  readonly length: number
}

const MODEL = 'layers'

/** Writes a checkpoint. */
export async function writeState(store: Store, state: LayersState): Promise<void> {
  const tensors: Record<string, TensorSource> = {}
  const stored = (path: string, value: unknown): unknown => {
    if (isValues(value)) {
      const tensor = path.slice(1)
      const { length } = value
      const dtype = dtypeOf(value)
      tensors[tensor] = { dtype, shape: [length], parts: () => [value] }
      return { '@tensor': tensor, dtype, length } satisfies Stored
    }
    if (Array.isArray(value)) return value.map((inner, i) => stored(`${path}.${i}`, inner))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, stored(`${path}.${name}`, inner)])
    )
  }
  await saveCheckpoint(store, MODEL, stored('', state) as object, tensors)
}

/** Reads a checkpoint. @throws CheckpointError, one line that names the store, where it is not sound. */
export async function readState(store: Store): Promise<LayersState> {
  const checkpoint = await openCheckpoint(store, MODEL)
  const read = async (value: unknown): Promise<unknown> => {
    // A copy, since it may move to another thread, and a store may have given its own memory.
    if (isStored(value))
      return (await checkpoint.read(value['@tensor'], value.dtype, 0, value.length)).slice()
    if (Array.isArray(value)) return Promise.all(value.map(read))
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).map(async ([name, inner]) => [name, await read(inner)] as const)
    return Object.fromEntries(await Promise.all(entries))
  }
  const state = (await read(checkpoint.state)) as Partial<LayersState>
  for (const part of ['training', 'network', 'tables', 'optimizer', 'counts', 'waiting'] as const) {
    if (typeof state[part] !== 'object')
      throw new CheckpointError(`checkpoint in ${store.place}: ${part} is missing`)
  }
  return state as LayersState
}

function isValues(value: unknown): value is Values {
  return value instanceof Float32Array || value instanceof Int32Array || value instanceof Uint32Array
}

function dtypeOf(values: Values): Stored['dtype'] {
  if (values instanceof Float32Array) return 'F32'
  return values instanceof Int32Array ? 'I32' : 'U32'
}

function isStored(value: unknown): value is Stored {
  return typeof value === 'object' && value !== null && '@tensor' in value
}
