import type { Roof } from '../contract.ts'
import { type PlatformWorker, platform } from '../platform.ts'
import { openSharedMemory } from './memory.ts'

/**
 * What a roof worker is told, `open` first. It answers with numbers: none when ready, else bytes or operations a second
 * in each of `windows` spans of time.
 */
export type RoofTask =
  | {
      readonly kind: 'open'
      readonly module: WebAssembly.Module
      readonly memory: WebAssembly.Memory
      readonly from: number
      readonly to: number
      readonly bytes: number
    }
  | { readonly kind: 'copy' | 'madd'; readonly windows: number; readonly milliseconds: number }

// Others may use the machine meanwhile, so the best of several spans counts.
const WINDOWS = 8
const MILLISECONDS = 50
// Far more than a cache holds, shared out among the threads.
const COPY_BYTES = 2 ** 27

/** Measures copying and multiply-adds on all threads at once. */
export async function measureRoof(module: WebAssembly.Module, threads: number): Promise<Roof> {
  // Memory of its own: a WASM memory never shrinks, so the device's would stay large.
  const shared = openSharedMemory()
  const bytes = Math.ceil(COPY_BYTES / threads / 64) * 64
  const workers = await Promise.all(Array.from({ length: threads }, start))
  try {
    await Promise.all(
      workers.map(worker => {
        const from = shared.allocate(bytes, 'measuring the roof')
        const to = shared.allocate(bytes, 'measuring the roof')
        return worker.ask({ kind: 'open', module, memory: shared.memory, from, to, bytes })
      })
    )
    const all = async (kind: 'copy' | 'madd') => {
      const task = { kind, windows: WINDOWS, milliseconds: MILLISECONDS }
      const rates = await Promise.all(workers.map(worker => worker.ask(task)))
      const sums = Array.from({ length: WINDOWS }, (_, i) =>
        rates.reduce((sum, rate) => sum + (rate[i] ?? 0), 0)
      )
      return Math.max(...sums) / 1e9
    }
    return { copyGBps: await all('copy'), peakGFlops: await all('madd') }
  } finally {
    await Promise.all(workers.map(worker => worker.terminate()))
  }
}

interface RoofWorker {
  /** What the worker answers to a task. */
  ask(task: RoofTask): Promise<number[]>
  terminate: PlatformWorker['terminate']
}

/** Starts a worker; ready for tasks once it has answered for the first time. */
async function start(): Promise<RoofWorker> {
  // The same name, whether this runs from the sources or from what is published.
  const worker = platform.startWorker(new URL(import.meta.url.replace(/roof(?=\.[jt]s$)/, 'roof-worker')))
  let waiting = Promise.withResolvers<number[]>()
  worker.onMessage(rates => waiting.resolve(rates as number[]))
  worker.onError(error => waiting.reject(error))
  await waiting.promise
  return {
    ask(task) {
      waiting = Promise.withResolvers()
      worker.postMessage(task)
      return waiting.promise
    },
    terminate: () => worker.terminate()
  }
}
