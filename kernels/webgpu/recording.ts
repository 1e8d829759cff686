import type { Kernel } from './kernel.ts'
import type { KernelTimer } from './timing.ts'

/** Most workgroups in one dimension; more are spread over two. */
const ROW_OF_WORKGROUPS = 65535

/** A submission in the making. */
export interface Recording {
  /**
   * Adds one dispatch. Beyond 65535 workgroups they are spread over two dimensions, a few too many of them; a shader
   * then finds its own by (y · num_workgroups.x + x).
   */
  dispatch(kernel: Kernel, group: GPUBindGroup, workgroups: number, layers?: number): void
  /** Sets part of a buffer to zero. */
  clear(buffer: GPUBuffer, offset?: number, bytes?: number): void
  copy(from: GPUBuffer, fromOffset: number, to: GPUBuffer, toOffset: number, bytes: number): void
  /** A small buffer holding `values`, for this submission only. */
  params(values: ArrayBuffer): GPUBuffer
  /** A storage buffer holding `values` back to back, for this submission only. */
  storage(what: string, ...values: ArrayBufferView[]): GPUBuffer
  /** Destroys a buffer once this is submitted; submitted work keeps what it uses. */
  release(buffer: GPUBuffer): void
}

/** Runs everything `fill` records, in order, as one submission. Does not wait for it. */
export function submitRecording(
  device: GPUDevice,
  timer: KernelTimer | undefined,
  fill: (to: Recording) => void
): void {
  const encoder = device.createCommandEncoder()
  const released: GPUBuffer[] = []
  let pass: GPUComputePassEncoder | undefined

  function endPass(): void {
    pass?.end()
    pass = undefined
  }

  function filled(label: string, usage: number, values: readonly ArrayBufferView[]): GPUBuffer {
    const size = values.reduce((sum, { byteLength }) => sum + byteLength, 0)
    const buffer = device.createBuffer({ label, size, usage: usage | GPUBufferUsage.COPY_DST })
    let at = 0
    for (const part of values) {
      // A view of shared memory is fine here, though the type of writeBuffer does not say so.
      device.queue.writeBuffer(buffer, at, part as ArrayBufferView<ArrayBuffer>)
      at += part.byteLength
    }
    released.push(buffer)
    return buffer
  }

  fill({
    dispatch(kernel, group, workgroups, layers = 1) {
      if (workgroups === 0) return
      // A pass has one pair of timestamps, so a timed dispatch has a pass of its own.
      if (timer?.isFull() === false) {
        endPass()
        pass = encoder.beginComputePass({ timestampWrites: timer.next(kernel.name) })
      }
      pass ??= encoder.beginComputePass()
      pass.setPipeline(kernel.pipeline)
      pass.setBindGroup(0, group)
      const x = Math.min(workgroups, ROW_OF_WORKGROUPS)
      pass.dispatchWorkgroups(x, layers * Math.ceil(workgroups / x))
      if (timer !== undefined) endPass()
    },

    clear(buffer, offset, bytes) {
      endPass()
      encoder.clearBuffer(buffer, offset, bytes)
    },

    copy(from, fromOffset, to, toOffset, bytes) {
      endPass()
      encoder.copyBufferToBuffer(from, fromOffset, to, toOffset, bytes)
    },

    // A buffer each: writes come before the whole submission, so two dispatches that shared one would both see the later.
    params: values => filled('params', GPUBufferUsage.UNIFORM, [new Uint8Array(values)]),

    storage: (what, ...values) => filled(what, GPUBufferUsage.STORAGE, values),

    release(buffer) {
      released.push(buffer)
    }
  })
  endPass()
  const collect = timer?.resolve(encoder)
  device.queue.submit([encoder.finish()])
  collect?.()
  for (const buffer of released) buffer.destroy()
}
