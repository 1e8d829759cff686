import { DeviceLostError } from '../contract.ts'
import { type Kernel, loadKernel, type Overrides } from './kernel.ts'
import { type Recording, submitRecording } from './recording.ts'
import type { KernelTimer } from './timing.ts'

const MEBIBYTE = 2 ** 20
/** Read-backs are cut into pieces, so that a large table does not need as much memory again. */
const READ_BYTES = 64 * MEBIBYTE

/** What the kernels of one device share: its memory, its queue and its compiled shaders. */
export interface Gpu {
  readonly device: GPUDevice
  readonly hardware: boolean
  /** Whether lanes 4n … 4n + 3 of a workgroup can exchange values without workgroup memory. */
  readonly subgroups: boolean
  readonly timer: KernelTimer | undefined
  readonly lost: Promise<DeviceLostError>
  /** Submits what has been accepted and not yet submitted; every `record` and `read` begins with these. */
  readonly pending: Set<() => void>
  /** `wgsl/<name>.wgsl`, compiled once for each set of overrides. */
  kernel(name: string, overrides?: Overrides): Promise<Kernel>
  /**
   * A zeroed storage buffer.
   * @param advice - what to do where it does not fit, for the message.
   * @throws RangeError where the adapter does not allow the size; DeviceLostError where there is no memory for it.
   */
  buffer(what: string, bytes: number, advice?: string): Promise<GPUBuffer>
  /** Runs everything `fill` records, in order, as one submission, after all work accepted before. Does not wait. */
  record(fill: (to: Recording) => void): void
  /** Like `record`, for the submission of what is pending itself. */
  recordPending(fill: (to: Recording) => void): void
  /** Replaces part of a buffer, after all work accepted before. */
  write(buffer: GPUBuffer, offset: number, values: ArrayBufferView<ArrayBuffer>): void
  /** Copies part of a buffer to the host, after all work accepted before. */
  read(buffer: GPUBuffer, offset: number, bytes: number): Promise<ArrayBuffer>
  /** Gives buffers back, after all work accepted before. */
  destroy(...buffers: GPUBuffer[]): void
  /** Resolves when everything submitted so far is done. */
  done(): Promise<void>
  close(): void
}

/** Wraps an open device; `subgroups` is settled by the caller. */
export function createGpu(
  device: GPUDevice,
  { hardware, subgroups, timer }: Pick<Gpu, 'hardware' | 'subgroups' | 'timer'>
): Gpu {
  const kernels = new Map<string, Promise<Kernel>>()
  const pending = new Set<() => void>()
  const { promise: lost, resolve: resolveLost } = Promise.withResolvers<DeviceLostError>()
  let lostError: DeviceLostError | undefined
  let isClosed = false

  function fail(message: string): void {
    if (lostError !== undefined || isClosed) return
    lostError = new DeviceLostError(`webgpu: ${message.trim().split('\n')[0]}`)
    resolveLost(lostError)
  }
  device.lost.then(({ message }) => fail(`the device was lost: ${message || 'the driver gives no reason'}`))
  device.addEventListener('uncapturederror', event => {
    const { error } = event
    event.preventDefault() // or Dawn prints it as well
    if (error instanceof GPUOutOfMemoryError) fail(`out of memory: ${error.message}`)
    else fail(`internal: ${error.message}`)
  })

  function check(): void {
    if (lostError !== undefined) throw lostError
    if (isClosed) throw new DeviceLostError('webgpu: the device is closed')
  }

  function flush(): void {
    check()
    for (const submit of pending) submit()
  }

  /** Turns Dawn's own words for a lost device into ours. */
  async function orLost<Value>(work: Promise<Value>): Promise<Value> {
    try {
      return await work
    } catch (error) {
      await new Promise(resolve => setTimeout(resolve)) // the loss is told a moment after what it broke
      check()
      throw error
    }
  }

  async function readPiece(buffer: GPUBuffer, offset: number, bytes: number): Promise<ArrayBuffer> {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST
    const staging = device.createBuffer({ label: 'read', size: bytes, usage })
    submitRecording(device, timer, to => to.copy(buffer, offset, staging, 0, bytes))
    await orLost(staging.mapAsync(GPUMapMode.READ))
    const values = staging.getMappedRange().slice(0)
    staging.destroy()
    return values
  }

  return {
    device,
    hardware,
    subgroups,
    timer,
    lost,
    pending,

    kernel(name, overrides = {}) {
      const key = `${name} ${JSON.stringify(overrides)}`
      let kernel = kernels.get(key)
      if (kernel === undefined) {
        kernel = loadKernel(device, name, overrides)
        kernels.set(key, kernel)
      }
      return kernel
    },

    async buffer(what, bytes, advice = 'lower the capacity or the dim') {
      check()
      const { maxBufferSize, maxStorageBufferBindingSize } = device.limits
      const most = Math.min(maxBufferSize, maxStorageBufferBindingSize)
      const needed = `${what} needs ${mebibytes(bytes)} in one binding`
      if (bytes > most) {
        throw new RangeError(`webgpu: ${needed}, this adapter allows ${mebibytes(most)}; ${advice}`)
      }
      device.pushErrorScope('validation')
      device.pushErrorScope('out-of-memory')
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
      const buffer = device.createBuffer({ label: what, size: Math.max(4, bytes), usage })
      const errors = await orLost(Promise.all([device.popErrorScope(), device.popErrorScope()]))
      if (errors.some(error => error !== null)) {
        buffer.destroy()
        throw new DeviceLostError(`webgpu: ${needed} and the device is out of memory; ${advice}`)
      }
      return buffer
    },

    record(fill) {
      flush()
      submitRecording(device, timer, fill)
    },

    recordPending(fill) {
      check()
      submitRecording(device, timer, fill)
    },

    write(buffer, offset, values) {
      flush()
      device.queue.writeBuffer(buffer, offset, values)
    },

    async read(buffer, offset, bytes) {
      flush()
      if (bytes === 0) return new ArrayBuffer(0)
      if (bytes <= READ_BYTES) return readPiece(buffer, offset, bytes)
      const whole = new Uint8Array(bytes)
      for (let at = 0; at < bytes; at += READ_BYTES) {
        const length = Math.min(READ_BYTES, bytes - at)
        whole.set(new Uint8Array(await readPiece(buffer, offset + at, length)), at)
      }
      return whole.buffer
    },

    destroy(...buffers) {
      if (lostError === undefined && !isClosed) flush()
      for (const buffer of buffers) buffer.destroy() // submitted work keeps what it uses
    },

    async done() {
      await orLost(device.queue.onSubmittedWorkDone())
      check()
    },

    close() {
      isClosed = true
      device.destroy()
    }
  }
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / MEBIBYTE)} MiB`
}
