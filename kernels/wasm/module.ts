import { platform } from '../platform.ts'

/**
 * What wasm/index.ts exports. Addresses are byte offsets in the shared memory; `table` is the address of a table's
 * header. Each function is described where it is defined.
 */
export interface Exports {
  initRows(
    table: number,
    first: number,
    count: number,
    keys: number,
    divisor: number,
    finer: number,
    multiplier: number
  ): void
  countTouched(table: number, rows: number): number
  packRows(
    table: number,
    first: number,
    end: number,
    room: number,
    replicas: number,
    rows: number,
    shifts: number,
    values: number,
    accumulators: number
  ): number
  applyRows(
    table: number,
    count: number,
    width: number,
    rows: number,
    increments: number,
    shifts: number,
    accumulators: number,
    counts: number
  ): void
  nearestRows(
    weights: number,
    dim: number,
    first: number,
    end: number,
    queries: number,
    count: number,
    k: number,
    bestRows: number,
    bestScores: number,
    inverses: number
  ): void
  sortNearest(count: number, k: number, size: number, bestRows: number, bestScores: number): void
  checkRows(table: number, first: number, end: number, limit: number, found: number): number
  copyRoof(to: number, from: number, bytes: number): void
  maddRoof(rounds: number, start: number, factor: number): number
  skipGramScratchBytes(dim: number): number
  trainSkipGram(
    job: number,
    scratch: number,
    slots: number,
    count: number,
    key: number,
    rate: number,
    keep: number,
    threshold: number,
    alias: number,
    rows: number
  ): void
}

/** The compiled kernels; `module` can be posted to workers, which then compile nothing. */
export interface KernelModule {
  readonly module: WebAssembly.Module
  readonly relaxed: boolean
}

// A function that calls i8x16.relaxed_swizzle: valid only where relaxed SIMD is known.
const RELAXED_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2,
  253, 15, 253, 128, 2, 11
])

/** Whether this engine knows relaxed SIMD (a multiply-add with one rounding, where the machine has it). */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(RELAXED_PROBE)
}

/**
 * Compiles the kernels, with relaxed SIMD where the engine has it and `relaxed` is not false.
 * @throws Error where the kernels were not built, or the engine lacks SIMD or threads.
 */
export async function loadModule({ relaxed = hasRelaxedSimd() } = {}): Promise<KernelModule> {
  const name = relaxed ? 'kernels-relaxed.wasm' : 'kernels.wasm'
  let bytes: Uint8Array<ArrayBuffer>
  try {
    bytes = await platform.load(new URL(`../../wasm/build/${name}`, import.meta.url))
  } catch (cause) {
    throw new Error(`wasm: wasm/build/${name} cannot be read; node src/cli/setup.js builds it`, { cause })
  }
  if (!WebAssembly.validate(bytes)) {
    throw new Error(`wasm: this engine cannot run wasm/build/${name}; it must know SIMD and threads`)
  }
  return { module: await WebAssembly.compile(bytes), relaxed }
}

/** Makes the kernels work on `memory`. Any thread may do so; all then work on the same tables. */
export async function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Exports> {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } })
  return exports as unknown as Exports
}
