/** Gives each dispatch a pair of timestamps and collects what they say, by the kernel's name. */
export interface KernelTimer {
  /** What the next pass, one dispatch of `kernel`, must be begun with. */
  next(kernel: string): GPUComputePassTimestampWrites
  /** Whether there is no room for another dispatch before the next `resolve`. */
  isFull(): boolean
  /** Ends a command buffer; call the function it returns once that is submitted. */
  resolve(encoder: GPUCommandEncoder): () => void
  /** Nanoseconds of every dispatch submitted so far, by kernel. */
  samples(): Promise<Map<string, number[]>>
}

/** How long a kernel takes on the device. */
export interface KernelTime {
  readonly kernel: string
  /** Median over the dispatches. */
  readonly nanoseconds: number
  readonly dispatches: number
}

const PAIRS = 2048

/** A timer for devices opened with the feature timestamp-query. */
export function createKernelTimer(device: GPUDevice): KernelTimer {
  const queries = device.createQuerySet({ label: 'kernel timer', type: 'timestamp', count: 2 * PAIRS })
  const resolved = device.createBuffer({
    label: 'kernel timer',
    size: 16 * PAIRS,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC
  })
  const samples = new Map<string, number[]>()
  const readings = new Set<Promise<void>>()
  let names: string[] = []

  async function collect(staging: GPUBuffer, kernels: readonly string[]): Promise<void> {
    await staging.mapAsync(GPUMapMode.READ)
    const times = new BigUint64Array(staging.getMappedRange())
    for (const [i, kernel] of kernels.entries()) {
      const list = samples.get(kernel) ?? []
      list.push(Number(times[2 * i + 1] - times[2 * i]))
      samples.set(kernel, list)
    }
    staging.destroy()
  }

  return {
    next(kernel) {
      const index = 2 * (names.push(kernel) - 1)
      return { querySet: queries, beginningOfPassWriteIndex: index, endOfPassWriteIndex: index + 1 }
    },

    isFull: () => names.length === PAIRS,

    resolve(encoder) {
      const kernels = names
      names = []
      if (kernels.length === 0) return () => {}
      const size = 16 * kernels.length
      const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ
      const staging = device.createBuffer({ label: 'kernel timer', size, usage })
      encoder.resolveQuerySet(queries, 0, 2 * kernels.length, resolved, 0)
      encoder.copyBufferToBuffer(resolved, 0, staging, 0, size)
      return () => {
        // A reading cut off by a lost device has nothing to say; the loss itself is told elsewhere.
        const reading = collect(staging, kernels).catch(() => {})
        readings.add(reading)
        reading.finally(() => readings.delete(reading))
      }
    },

    async samples() {
      await Promise.all(readings)
      return samples
    }
  }
}

/** The median of each kernel's samples, the slowest kernel first. */
export function medianTimes(samples: ReadonlyMap<string, readonly number[]>): KernelTime[] {
  const times = [...samples].map(([kernel, list]) => {
    const sorted = list.toSorted((a, b) => a - b)
    return { kernel, nanoseconds: sorted[sorted.length >> 1], dispatches: sorted.length }
  })
  return times.sort((a, b) => b.nanoseconds - a.nanoseconds)
}
