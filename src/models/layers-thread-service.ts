// What passes between a thread that trains a network and the one that asked for it: calls by name, answers, and words in between.

import type { Delta, TableShape } from '../types.ts'
import type { NetworkState } from './layers-network.ts'
import type { LayersProgress, LayersTraining, SharedNetwork } from './layers-replica.ts'
import type { LayersState } from './layers-state.ts'
import type { ChunkColumns } from './layers-thread-chunk.ts'

/** What the thread trains, and how. */
export type NetworkSource =
  | { readonly kind: 'network'; readonly network: NetworkState; readonly training: LayersTraining }
  /** The files of a saved model, `name` first of them; `place` is for messages. */
  | {
      readonly kind: 'files'
      readonly place: string | undefined
      readonly name: string
      readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
      readonly training: LayersTraining
    }
  | { readonly kind: 'state'; readonly state: LayersState }

export interface OpenOptions {
  readonly source: NetworkSource
  readonly threads: number | undefined
  readonly wasmPaths: string | undefined
  /** Whether bad examples are told of and left out. */
  readonly skips: boolean
}

/** What the caller must know of the network before anything else. */
export interface OpenedNetwork {
  readonly tables: readonly TableShape[]
  readonly rows: number
  readonly fingerprint: string
  readonly packEvery: number
  /** Values of one input. */
  readonly input: number
}

/** A bad example that the thread has left out. */
export interface BadExample {
  readonly message: string
  readonly example: number
}

/** What goes with every answer. */
export type SharedState = Pick<SharedNetwork, 'spent' | 'hasMore' | 'repaired'>

/** What the thread can be asked for. */
export interface NetworkService {
  open(options: OpenOptions): Promise<OpenedNetwork>
  train(chunk: ChunkColumns): Promise<void>
  drain(): Promise<void>
  progress(): Promise<LayersProgress>
  predict(inputs: Float32Array<ArrayBuffer>, count: number): Promise<Float32Array<ArrayBuffer>>
  rate(value: number): Promise<void>
  boost(factor: number): Promise<void>
  resetHead(): Promise<void>
  state(): Promise<LayersState>
  pack(replicas: number): Promise<Delta>
  apply(delta: Delta): Promise<void>
  rowHashes(): Promise<readonly Uint32Array<ArrayBuffer>[]>
  readShared(rows: readonly Uint32Array<ArrayBuffer>[]): Promise<Delta>
  adopt(state: Delta, fresh: readonly Uint32Array<ArrayBuffer>[]): Promise<void>
  sharedHash(): Promise<string>
  settle(): Promise<void>
  close(): Promise<void>
}
