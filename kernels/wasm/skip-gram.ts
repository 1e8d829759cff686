import {
  DeviceLostError,
  type Sampling,
  type SkipGram,
  type SkipGramBatch,
  type SkipGramOptions
} from '../contract.ts'
import { type PlatformWorker, platform } from '../platform.ts'
import { checkSampling, checkSkipGramOptions, checkSlots, initialAccumulators } from '../skip-gram-checks.ts'
import type { SharedMemory } from './memory.ts'
import { instantiate } from './module.ts'
import type { WasmTable } from './table.ts'
import {
  CONTROL,
  controlWords,
  ENTRIES_PER_THREAD,
  ENTRY,
  ENTRY_BYTES,
  entryHead,
  type TrainingStart
} from './training-ring.ts'

/** Sampling tables in the shared memory, kept as long as a batch that uses them is on its way. */
interface SamplingTables {
  readonly address: number
  readonly rows: number
  batches: number
}

/**
 * Skip-gram on `threads` workers that wait for batches in the shared memory; wasm/sgns.ts does the work.
 * @throws RangeError where an option is out of range or the memory does not suffice.
 */
export async function createSkipGram(
  shared: SharedMemory,
  module: WebAssembly.Module,
  threads: number,
  options: SkipGramOptions,
  onLost: (error: DeviceLostError) => void
): Promise<SkipGram> {
  checkSkipGramOptions('wasm', options)
  const input = options.input as WasmTable
  const output = options.output as WasmTable
  const { dim } = input
  const entries = threads * ENTRIES_PER_THREAD

  const owned: number[] = []
  const take = (bytes: number, what: string) => {
    const address = shared.allocate(bytes, what)
    owned.push(address)
    return address
  }
  const kernels = await instantiate(module, shared.memory)
  const scratchBytes = kernels.skipGramScratchBytes(dim)
  const scratch = Array.from({ length: threads }, () => take(scratchBytes, "a training thread's scratch"))
  const ring = take(entries * ENTRY_BYTES, 'the training ring')
  const control = take(CONTROL.words * 4, 'the training ring')
  const job = take(64, 'the training ring')
  shared
    .u32(job, 12)
    .set([
      input.address.weights,
      output.address.weights,
      input.address.accumulator,
      output.address.accumulator,
      input.address.multiplier,
      output.address.multiplier,
      input.address.hits,
      output.address.hits,
      dim,
      options.window,
      options.negatives,
      options.optimizer.kind === 'sgd' ? 1 : 0
    ])
  const initial = initialAccumulators(options.optimizer)
  shared.f32(job + 48, 2).set([initial.input, initial.output])
  const words = controlWords(shared.memory, control)

  let sampling: SamplingTables | undefined
  const inRing: (SamplingTables | undefined)[] = new Array(entries)
  let published = 0
  let onWay = 0
  let lost: DeviceLostError | undefined
  let changed = Promise.withResolvers<void>()
  const seen = { sum: 0, contexts: 0 }

  const wake = () => {
    changed.resolve()
    changed = Promise.withResolvers<void>()
  }
  /** Waits until `ready`; whatever changes it calls `wake`. */
  const until = async (ready: () => boolean) => {
    while (lost === undefined && !ready()) await changed.promise
    if (lost !== undefined) throw lost
  }
  const releaseUnused = (tables: SamplingTables) => {
    if (tables !== sampling && tables.batches === 0) shared.release(tables.address)
  }
  const finished = (numbers: readonly number[]) => {
    for (const number of numbers) {
      const tables = inRing[number % entries]
      inRing[number % entries] = undefined
      if (tables === undefined) continue
      tables.batches--
      releaseUnused(tables)
    }
    onWay -= numbers.length
    if (onWay === 0) for (const worker of workers) worker.keepAlive(false)
    wake()
  }
  const fail = (cause: Error) => {
    lost ??= new DeviceLostError(`wasm: a training thread ended: ${cause.message}`, { cause })
    onLost(lost)
    wake()
  }

  const workers = await Promise.all(
    scratch.map(address =>
      startTraining(
        { module, memory: shared.memory, control, ring, entries, job, scratch: address },
        finished,
        fail
      )
    )
  )

  return {
    async setSampling(next: Sampling) {
      checkSampling(next, Math.min(input.capacity, output.capacity))
      const rows = next.keep.length
      const address = shared.allocate(rows * 12, 'the sampling tables')
      const flat = shared.u32(address, rows * 3)
      flat.set(next.keep, 0)
      flat.set(next.threshold, rows)
      flat.set(next.alias, rows * 2)
      const before = sampling
      sampling = { address, rows, batches: 0 }
      if (before !== undefined) releaseUnused(before)
    },

    async train({ slots, key, rate }: SkipGramBatch) {
      const tables = sampling
      if (tables === undefined) throw new Error('wasm: train before setSampling')
      checkSlots(slots, tables.rows)
      if (lost !== undefined) throw lost
      const index = published % entries
      const head = entryHead(shared, ring, index)
      head[ENTRY.count] = slots.length
      head[ENTRY.key] = key
      shared.f32(head.byteOffset, ENTRY.slots)[ENTRY.rate] = rate
      head[ENTRY.keep] = tables.address
      head[ENTRY.threshold] = tables.address + tables.rows * 4
      head[ENTRY.alias] = tables.address + tables.rows * 8
      head[ENTRY.rows] = tables.rows
      shared.u32(head.byteOffset + ENTRY.slots * 4, slots.length).set(slots)
      tables.batches++
      inRing[index] = tables
      published++
      onWay++
      if (onWay === 1) for (const worker of workers) worker.keepAlive(true)
      Atomics.store(words, CONTROL.published, published)
      Atomics.notify(words, CONTROL.published, 1)
      // The entry after this one must be free before the next call.
      await until(() => inRing[published % entries] === undefined)
    },

    drain: () => until(() => onWay === 0),

    async loss() {
      const total = { sum: 0, contexts: 0 }
      for (const address of scratch) {
        const [sum, contexts] = shared.f64(address, 2)
        total.sum += sum
        total.contexts += contexts
      }
      const since = { sum: total.sum - seen.sum, contexts: total.contexts - seen.contexts }
      Object.assign(seen, total)
      return since
    },

    async destroy() {
      if (lost === undefined) await until(() => onWay === 0)
      Atomics.store(words, CONTROL.stop, 1)
      Atomics.notify(words, CONTROL.published)
      await Promise.all(workers.map(worker => worker.terminate()))
      for (const address of owned) shared.release(address)
      if (sampling !== undefined) shared.release(sampling.address)
    }
  }
}

/** Starts one worker and resolves once it has been told what to do. */
async function startTraining(
  start: TrainingStart,
  onFinished: (numbers: readonly number[]) => void,
  onFailed: (error: Error) => void
): Promise<PlatformWorker> {
  // The same name, whether this runs from the sources or from what is published.
  const worker = platform.startWorker(
    new URL(import.meta.url.replace(/skip-gram(?=\.[jt]s$)/, 'training-worker'))
  )
  const ready = Promise.withResolvers<void>()
  worker.onMessage(message => {
    if (Array.isArray(message)) onFinished(message)
    else ready.resolve()
  })
  worker.onError(error => {
    ready.reject(error)
    onFailed(error)
  })
  await ready.promise
  worker.postMessage(start)
  worker.keepAlive(false)
  return worker
}
