import type { SharedMemory } from './memory.ts'
import type { Exports } from './module.ts'

/** What a kernel on this thread works with. */
export interface Workspace {
  readonly shared: SharedMemory
  readonly kernels: Exports
  /** Address of SCRATCH_BYTES that a kernel may use until it returns to the event loop. */
  readonly scratch: number
}

/** Size of a workspace's scratch memory; kernels that hand rows in or out do so in parts of this size. */
export const SCRATCH_BYTES = 2 ** 21
