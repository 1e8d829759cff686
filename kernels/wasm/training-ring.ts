import { BATCH_SLOTS } from '../contract.ts'
import type { SharedMemory } from './memory.ts'

// The batches on their way to the workers: a ring in the shared memory. The host fills entry i % length and raises
// `published`; a worker takes the next number, waits until it is published, trains it, and posts the number back: some at
// once, as each message wakes the host, which then finds its caches full of what the worker reads. The host fills an entry
// again only when its number has come back.

/** Batches in the ring for each thread: enough to train while the host reads and tokenizes a chunk (20 ms or so). */
export const ENTRIES_PER_THREAD = 8
/** Numbers that a worker posts at once, or fewer where there is nothing left to train: the host wakes to so many free entries. */
export const NUMBERS_AT_ONCE = 4

/** Words (i32) of the control block. */
export const CONTROL = { published: 0, taken: 1, stop: 2, words: 3 } as const

/** Words (u32) of an entry's head; `rate` is the bits of an f32. The slots follow. */
export const ENTRY = {
  count: 0,
  key: 1,
  rate: 2,
  keep: 3,
  threshold: 4,
  alias: 5,
  rows: 6,
  slots: 16
} as const

export const ENTRY_BYTES = (ENTRY.slots + BATCH_SLOTS) * 4

/** What a training worker is told at its start; addresses are in the shared memory. */
export interface TrainingStart {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  readonly control: number
  readonly ring: number
  readonly entries: number
  readonly job: number
  readonly scratch: number
}

/** The control block, for `Atomics`. */
export function controlWords(memory: WebAssembly.Memory, address: number): Int32Array<SharedArrayBuffer> {
  return new Int32Array(memory.buffer as unknown as SharedArrayBuffer, address, CONTROL.words)
}

/** The head of one entry. */
export function entryHead(shared: SharedMemory, ring: number, index: number): Uint32Array {
  return shared.u32(ring + index * ENTRY_BYTES, ENTRY.slots)
}
