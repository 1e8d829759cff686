/** The linear memory that all threads of the WASM device share, and who owns which part of it. */
export interface SharedMemory {
  readonly memory: WebAssembly.Memory
  /**
   * Address of `bytes` zeroed bytes, 64-byte aligned.
   * @throws RangeError where the 4 GiB of a 32-bit memory are used up, or the system gives no more.
   */
  allocate(bytes: number, what: string): number
  /** Gives back what `allocate` gave; the next one may get it. */
  release(address: number): void
  f32(address: number, length: number): Float32Array<SharedArrayBuffer>
  f64(address: number, length: number): Float64Array<SharedArrayBuffer>
  i32(address: number, length: number): Int32Array<SharedArrayBuffer>
  u32(address: number, length: number): Uint32Array<SharedArrayBuffer>
  i8(address: number, length: number): Int8Array<SharedArrayBuffer>
  u8(address: number, length: number): Uint8Array<SharedArrayBuffer>
}

// The first page is left to AssemblyScript's static data.
const FIRST = 65536
const PAGE = 65536
const MAXIMUM_PAGES = 65536

/** Opens an empty shared memory. It is reserved as addresses; the system provides pages as they are first written. */
export function openSharedMemory(): SharedMemory {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: MAXIMUM_PAGES, shared: true })
  const sizes = new Map<number, number>()
  let free: { address: number; bytes: number }[] = []
  let end = FIRST

  const buffer = () => memory.buffer as unknown as SharedArrayBuffer
  return {
    memory,

    allocate(bytes, what) {
      const size = Math.max(64, Math.ceil(bytes / 64) * 64)
      const hole = free.find(part => part.bytes >= size)
      if (hole !== undefined) {
        const { address } = hole
        hole.address += size
        hole.bytes -= size
        free = free.filter(part => part.bytes > 0)
        new Uint8Array(buffer(), address, size).fill(0)
        sizes.set(address, size)
        return address
      }
      const address = end
      const pages = Math.ceil((address + size) / PAGE)
      const present = buffer().byteLength / PAGE
      if (pages > MAXIMUM_PAGES) {
        throw new RangeError(
          `wasm: ${what} needs ${Math.ceil(size / 2 ** 20)} MiB and ${Math.floor((MAXIMUM_PAGES * PAGE - end) / 2 ** 20)} MiB of the 4 GiB are left; ` +
            'lower the capacity or the dim'
        )
      }
      if (pages > present) {
        try {
          memory.grow(pages - present)
        } catch (cause) {
          throw new RangeError(
            `wasm: ${what} needs ${Math.ceil(size / 2 ** 20)} MiB, which the system does not give; lower the capacity or the dim`,
            { cause }
          )
        }
      }
      end += size
      sizes.set(address, size)
      return address
    },

    release(address) {
      const bytes = sizes.get(address)
      if (bytes === undefined) throw new Error(`internal: release of ${address}, which was not allocated`)
      sizes.delete(address)
      free.push({ address, bytes })
      free.sort((a, b) => a.address - b.address)
      // Neighbouring holes become one, or growing and shrinking would never fit again.
      free = free.reduce<typeof free>((merged, part) => {
        const last = merged.at(-1)
        if (last !== undefined && last.address + last.bytes === part.address) last.bytes += part.bytes
        else merged.push({ ...part })
        return merged
      }, [])
    },

    f32: (address, length) => new Float32Array(buffer(), address, length),
    f64: (address, length) => new Float64Array(buffer(), address, length),
    i32: (address, length) => new Int32Array(buffer(), address, length),
    u32: (address, length) => new Uint32Array(buffer(), address, length),
    i8: (address, length) => new Int8Array(buffer(), address, length),
    u8: (address, length) => new Uint8Array(buffer(), address, length)
  }
}
