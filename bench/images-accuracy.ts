import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { ExampleChunk } from '../src/models/layers-batch.ts'
import { layersInThread } from '../src/models/layers-thread.ts'
import { accuracy, inOrder, shuffled } from './images-digits.ts'
import { mean } from './measure.ts'
import type { Report } from './report.ts'

/** What is learned, how often, and how. */
export interface AccuracyRuns {
  /** What the rows begin with. */
  readonly name: string
  readonly network: (seed: number) => LayersModel
  readonly train: ExampleChunk
  readonly test: ExampleChunk
  readonly passes: number
  readonly runs: number
  readonly batch: number
  readonly threads: number
}

/** Examples in a chunk. */
const AT_ONCE = 1000

/**
 * Trains as the job `images` does, with Adam at 0.001 and the images in a new order each pass; reports the accuracy on unseen images
 * after each pass, the mean of the last ones, and images/s.
 */
export async function reportAccuracy(report: Report, options: AccuracyRuns): Promise<void> {
  const { name, passes, runs, batch, threads } = options
  const ends = []
  for (let seed = 1; seed <= runs; seed++) ends.push(await run(report, options, seed))
  const rest = { bench: 'images', passes, batch, runs }
  report.add({
    ...rest,
    name: `${name}, mean`,
    value: mean(ends.map(({ right }) => right)),
    unit: 'accuracy'
  })
  const speed = mean(ends.map(({ speed }) => speed))
  report.add({
    ...rest,
    name: `${name}, training`,
    value: speed,
    unit: 'images/s',
    device: `wasm, ${threads} threads`
  })
}

async function run(
  report: Report,
  { name, network, train, test, passes, batch, threads }: AccuracyRuns,
  seed: number
): Promise<{ right: number; speed: number }> {
  const model = network(seed)
  const replica = await layersInThread({
    model,
    loss: 'sparseCategoricalCrossentropy',
    optimizer: { kind: 'adam', rate: 0.001 },
    batch,
    threads
  })
  model.dispose()
  let right = 0
  let trainingMs = 0
  for (let pass = 1; pass <= passes; pass++) {
    const begun = performance.now()
    const order = shuffled(train.length, 1000 * seed + pass)
    for (let at = 0; at < order.length; at += AT_ONCE)
      await replica.train(inOrder(train, order.slice(at, at + AT_ONCE)))
    await replica.drain()
    trainingMs += performance.now() - begun
    right = await accuracy(replica, test)
    const { loss } = await replica.progress()
    report.add({
      bench: 'images',
      name: `${name}, a run`,
      run: seed,
      pass,
      loss,
      value: right,
      unit: 'accuracy'
    })
  }
  await replica.close()
  return { right, speed: (passes * train.length * 1000) / trainingMs }
}
