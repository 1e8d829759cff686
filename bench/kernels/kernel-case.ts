import type { Device } from '../../kernels/index.ts'
import { random } from '../../test/reference/random.ts'

/** How large the inputs are. */
export interface Shape {
  readonly rows: number
  readonly dim: number
  readonly queries: number
  /** Batches that are trained between two looks at the clock. */
  readonly batches: number
}

/** A kernel with inputs on a device, ready to be timed. */
export interface OpenCase {
  /** Calls of the kernel in one `run`. */
  readonly calls: number
  /** Bytes and operations on f32 of one call that no implementation can do without: each input and output byte once. */
  readonly bytes: number
  readonly flops: number
  /** Brings the inputs back to what `run` wants; not timed. */
  prepare?(): Promise<void>
  /** Resolves when the device has done its work. */
  run(): Promise<void>
  close(): Promise<void>
}

export interface KernelCase {
  /** As in `Device` or `Table`, with a hyphen between words. */
  readonly name: string
  /** What the names of its shaders begin with. */
  readonly shaders: string
  /** Whether the wasm device uses all its threads for it, or one. */
  readonly threads: 'all' | 'one'
  /** @throws Error where the device's answer is wrong, by test/reference or the law in kernels/contract.ts. */
  check(device: Device, shape: Shape): Promise<void>
  open(device: Device, shape: Shape): Promise<OpenCase>
}

/** Numbers in (-size, size), the same for the same key. */
export function noise(length: number, key: number, size: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, i) => (random(key, i) / 2 ** 31 - 1) * size)
}

/** @throws Error naming the first value that is further than `tolerance` from what is wanted. */
export function assertClose(
  what: string,
  values: ArrayLike<number>,
  wanted: ArrayLike<number>,
  tolerance: number
): void {
  for (let i = 0; i < wanted.length; i++) {
    const [value, want] = [values[i] ?? Number.NaN, wanted[i] ?? Number.NaN]
    if (!(Math.abs(value - want) <= tolerance)) {
      throw new Error(`${what}: value ${i} is ${value}; wanted ${want}, within ${tolerance}`)
    }
  }
}
