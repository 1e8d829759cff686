import type { Device, Roof } from '../../kernels/index.ts'
import { medianMs } from '../measure.ts'
import type { Row } from '../report.ts'
import type { KernelCase, Shape } from './kernel-case.ts'

export type Roofs = Readonly<Record<KernelCase['threads'], Roof>>

/** The best of two measurements: whatever else the machine does only makes them worse, and all threads can do what one can. */
export function betterRoofs(a: Roofs, b: Roofs): Roofs {
  const best = (...roofs: readonly Roof[]): Roof => ({
    copyGBps: Math.max(...roofs.map(roof => roof.copyGBps)),
    peakGFlops: Math.max(...roofs.map(roof => roof.peakGFlops))
  })
  return { all: best(a.all, b.all, a.one, b.one), one: best(a.one, b.one) }
}

/** How long a kernel took, and what it had to do, for one call. */
export interface Timing {
  readonly kernel: KernelCase
  readonly ms: number
  readonly callMs: number
  readonly bytes: number
  readonly flops: number
}

/** A device under measurement. */
export interface Stand {
  readonly label: string
  /** Opens it anew: the times of its kernels begin with it. */
  open(): Promise<Device & { kernelTimes?(): Promise<readonly KernelTimes[]> }>
  /** Measures its limits, with all its threads and with one. */
  measureRoofs(): Promise<Roofs>
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
 * Times one kernel on one device, its answer checked before: on webgpu its shaders by the device's clock, on wasm the whole call.
 *
 * A shader's time is the median of its dispatches. sgns-apply has two a batch, of which the output table's takes longer; it
 * counts twice.
 */
export async function measureKernel(kernel: KernelCase, stand: Stand): Promise<Timing> {
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
  return { kernel, ms, callMs, bytes, flops }
}

/** The row of a timing; `roof` is the share of that limit which binds, copying or arithmetic. */
export function rowOf({ kernel, ms, callMs, bytes, flops }: Timing, device: string, roofs: Roofs): Row {
  const { copyGBps, peakGFlops } = roofs[kernel.threads]
  const copying = bytes / 1e6 / copyGBps
  const computing = flops / 1e6 / peakGFlops
  return {
    bench: 'kernels',
    name: kernel.name,
    value: ms,
    unit: 'ms',
    device,
    roof: Math.max(copying, computing) / ms,
    bound: copying > computing ? 'copying' : 'arithmetic',
    gb_per_s: bytes / 1e6 / ms,
    gflop_per_s: flops / 1e6 / ms,
    call_ms: callMs
  }
}
