import { BATCH_SLOTS, type SkipGram, type SkipGramOptions } from '../contract.ts'
import { checkSkipGramOptions, checkSlots } from '../skip-gram-checks.ts'
import type { Gpu } from './gpu.ts'
import { allocateSkipGram, writeSampling } from './skip-gram-memory.ts'
import { type BatchParams, loadSkipGramPasses } from './skip-gram-passes.ts'
import { gpuTable } from './table.ts'

/** Batches in one submission: starting one costs a GPU as much as training a batch. A processor has no such cost. */
const BATCHES_ON_HARDWARE = 16
const BATCHES_ON_SOFTWARE = 2
/** Submissions under way: one runs while the next is made. */
const MOST_OUTSTANDING = 2

/** Skip-gram on the device: wgsl/sgns-keep, sgns-draw, one of sgns, sgns-subgroup and sgns-wide, and sgns-apply. */
export async function createSkipGram(gpu: Gpu, options: SkipGramOptions): Promise<SkipGram> {
  checkOptions(options)
  const input = gpuTable(gpu, options.input)
  const output = gpuTable(gpu, options.output)
  const most = gpu.hardware ? BATCHES_ON_HARDWARE : BATCHES_ON_SOFTWARE
  const memory = await allocateSkipGram(gpu, input, output, options.negatives, most)
  const passes = await loadSkipGramPasses(gpu, options, input, output, memory)
  const staged = new Uint32Array(most * BATCH_SLOTS)
  const outstanding = new Set<Promise<void>>()
  let batches: BatchParams[] = []
  let rows = 0

  function submit(): void {
    if (batches.length === 0) return
    const list = batches
    batches = []
    const last = list.length - 1
    gpu.device.queue.writeBuffer(memory.slots, 0, staged, 0, last * BATCH_SLOTS + list[last].slots)
    gpu.recordPending(to => passes.encode(to, list, rows))
    const done = gpu.done().finally(() => outstanding.delete(done))
    done.catch(() => {}) // whoever waits for it next is told
    outstanding.add(done)
  }
  gpu.pending.add(submit)

  async function drain(): Promise<void> {
    submit()
    await gpu.done()
  }

  return {
    async setSampling(sampling) {
      writeSampling(gpu, memory, sampling)
      rows = sampling.keep.length
    },

    async train({ slots, key, rate }) {
      checkSlots(slots, rows)
      if (slots.length === 0) return
      staged.set(slots, batches.length * BATCH_SLOTS)
      batches.push({ slots: slots.length, key: key >>> 0, rate })
      if (batches.length < most) return
      submit()
      while (outstanding.size >= MOST_OUTSTANDING) await Promise.race(outstanding)
    },

    drain,

    async loss() {
      const reading = gpu.read(memory.losses, 0, 8 * BATCH_SLOTS)
      reading.catch(() => {}) // a lost device makes the next line throw first
      gpu.record(to => to.clear(memory.losses))
      const bytes = await reading
      const [sums, contexts] = [new Float32Array(bytes), new Uint32Array(bytes)]
      const loss = { sum: 0, contexts: 0 }
      for (let i = 0; i < BATCH_SLOTS; i++) {
        loss.sum += sums[2 * i]
        loss.contexts += contexts[2 * i + 1]
      }
      return loss
    },

    async destroy() {
      try {
        await drain()
      } finally {
        gpu.pending.delete(submit)
        memory.destroy()
      }
    }
  }
}

function checkOptions(options: SkipGramOptions): void {
  checkSkipGramOptions('webgpu', options)
  const { optimizer } = options
  if (optimizer.kind === 'sgd' && optimizer.clip !== undefined && !(optimizer.clip > 0)) {
    throw new RangeError(`webgpu: clip must be greater than 0; got ${optimizer.clip}`)
  }
}
