import type { ExampleChunk } from '../src/models/layers-batch.ts'
import { type LayersThreadOptions, layersInThread } from '../src/models/layers-thread.ts'
import { median } from './measure.ts'
import type { Report } from './report.ts'

const WARMUPS = 5
const RUNS = 21
const PACKS_A_SECOND = 5

/**
 * What packing costs a network that trains in a thread of its own, by processor time of all threads, so whatever else the machine does:
 * of one core, at five packs a second. A step is made before each pack.
 */
export async function reportPackingInThread(
  report: Report,
  options: Omit<LayersThreadOptions, 'threads' | 'batch'>,
  batch: ExampleChunk
): Promise<void> {
  const replica = await layersInThread({ ...options, threads: 1, batch: batch.length })
  const times: number[] = []
  for (let run = -WARMUPS; run < RUNS; run++) {
    await replica.train(batch)
    await replica.drain()
    const before = process.cpuUsage()
    await replica.shared.pack(2)
    const { user, system } = process.cpuUsage(before)
    if (run >= 0) times.push((user + system) / 1000)
  }
  await replica.close()
  report.add({
    bench: 'images',
    name: 'overhead, in a thread',
    value: (PACKS_A_SECOND * median(times)) / 10,
    unit: `% of a core at ${PACKS_A_SECOND} packs/s`
  })
}
