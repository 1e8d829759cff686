import type { Roof } from '../contract.ts'
import type { Gpu } from './gpu.ts'

const LANES = 256
const ROUNDS = 1024
/** Multiply-adds of one lane of wgsl/roof-fma.wgsl, two operations each. */
const FMA_OPERATIONS = 2 * 64 * ROUNDS
/** A measurement repeats its dispatch until it takes this long, so that starting it does not count. */
const ENOUGH_MS = 150

/** Measures a large copy and long chains of multiply-adds. */
export async function measureRoof(gpu: Gpu): Promise<Roof> {
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.device.limits
  const bytes = Math.min(gpu.hardware ? 2 ** 29 : 2 ** 24, maxStorageBufferBindingSize, maxBufferSize)
  const lanes = gpu.hardware ? 2 ** 20 : 2 ** 12
  const [copy, fma] = [await gpu.kernel('roof-copy'), await gpu.kernel('roof-fma', { ROUNDS })]
  const from = await gpu.buffer('roof', bytes & ~15)
  const to = await gpu.buffer('roof', bytes & ~15)
  const copyGroup = copy.bind(from, to)
  const copySeconds = await secondsPerRun(gpu, times =>
    gpu.record(recording => {
      for (let i = 0; i < times; i++) recording.dispatch(copy, copyGroup, gpu.hardware ? 16384 : 64)
    })
  )
  const fmaGroup = fma.bind(to)
  const fmaSeconds = await secondsPerRun(gpu, times =>
    gpu.record(recording => {
      for (let i = 0; i < times; i++) recording.dispatch(fma, fmaGroup, lanes / LANES)
    })
  )
  from.destroy()
  to.destroy()
  return {
    copyGBps: (2 * (bytes & ~15)) / copySeconds / 1e9,
    peakGFlops: (lanes * FMA_OPERATIONS) / fmaSeconds / 1e9
  }
}

/** The best of three measurements, each of as many runs in one submission as take long enough. */
async function secondsPerRun(gpu: Gpu, submit: (times: number) => void): Promise<number> {
  let times = 1
  let best = Number.POSITIVE_INFINITY
  for (let measured = 0; measured < 3; ) {
    const start = performance.now()
    submit(times)
    await gpu.done()
    const elapsed = performance.now() - start
    if (elapsed < ENOUGH_MS) {
      times = Math.ceil(times * Math.min(10, (1.2 * ENOUGH_MS) / Math.max(elapsed, 0.1)))
      continue
    }
    best = Math.min(best, elapsed / 1000 / times)
    measured++
  }
  return best
}
