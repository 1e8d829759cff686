import type { Device, Roof } from '../../kernels/index.ts'
import { medianMs } from '../measure.ts'
import type { Row } from '../report.ts'
import type { KernelCase, Shape } from './kernel-case.ts'

/** A device under measurement. */
export interface Stand {
  readonly label: string
  /** Opens it anew: the times of its kernels begin with it. */
  open(): Promise<Device & { kernelTimes?(): Promise<readonly KernelTimes[]> }>
  /** Its limits, with all its threads and with one. */
  readonly roof: Readonly<Record<KernelCase['threads'], Roof>>
  readonly shape: Shape
  readonly runs: number
}

/** What a device that has a clock of its own says of one shader. */
interface KernelTimes {
  readonly kernel: string
  readonly nanoseconds: number
  readonly dispatches: number
}

const WARMUPS = 2

/**
 * Times one kernel on one device, its answer checked before. `value` is the time of a call: on webgpu that of its shaders by the
 * device's clock, on wasm that of the whole call; `call_ms` is the whole call on both. `roof` is the share of the measured limit
 * that binds, copying or arithmetic; what is counted is what no implementation could do without, so that it is below 1.
 *
 * A shader's time is the median of its dispatches. sgns-apply has two a batch, of which the output table's takes longer; it
 * counts twice.
 */
export async function measureKernel(kernel: KernelCase, stand: Stand): Promise<Row> {
  const device = await stand.open()
  try {
    await kernel.check(device, stand.shape)
  } finally {
    await device.close()
  }

  const timed = await stand.open()
  const { calls, bytes, flops, prepare, run, close } = await kernel.open(timed, stand.shape)
  const repeats = { warmups: WARMUPS, runs: stand.runs, ...(prepare === undefined ? {} : { prepare }) }
  const callMs = (await medianMs(run, repeats)) / calls
  const times = (await timed.kernelTimes?.()) ?? []
  const shaders = times.filter(time => time.kernel.startsWith(kernel.shaders))
  await close()
  await timed.close()

  const shaderNs = shaders.reduce((sum, { nanoseconds, dispatches }) => sum + nanoseconds * dispatches, 0)
  const ms = shaders.length === 0 ? callMs : shaderNs / 1e6 / (calls * (WARMUPS + stand.runs))
  const roof = stand.roof[kernel.threads]
  const copying = bytes / 1e6 / roof.copyGBps
  const computing = flops / 1e6 / roof.peakGFlops
  return {
    bench: 'kernels',
    name: kernel.name,
    device: stand.label,
    value: ms,
    unit: 'ms',
    roof: Math.max(copying, computing) / ms,
    bound: copying > computing ? 'copying' : 'arithmetic',
    gb_per_s: bytes / 1e6 / ms,
    gflop_per_s: flops / 1e6 / ms,
    call_ms: callMs
  }
}
