import { join } from 'node:path'
import { openTensorflow } from '../kernels/tensorflow.ts'
import { pipe } from '../src/dataflow/pipe.ts'
import { examplesOf } from '../src/models/image-examples.ts'
import { layersModel } from '../src/models/layers.ts'
import type { Example } from '../src/models/layers-batch.ts'
import { loadLayersModel } from '../src/models/saved-model.ts'
import { fileStore } from '../src/sinks/file-store.ts'
import { openImages } from '../src/sources/file-images.ts'
import type { SwarmImages } from './images-swarm-data.ts'
import { pinned, type SwarmOutcome, type SwarmTrial, trainTogether } from './images-swarm-peers.ts'
import { mean, median } from './measure.ts'
import type { Report } from './report.ts'

export interface SwarmBench {
  /** What the images are called. */
  readonly name: string
  readonly images: SwarmImages
  /** Numbers of peers, ascending. */
  readonly peers: readonly number[]
  readonly epochs: number
  readonly runs: number
  /** For the peers' networks. */
  readonly folder: string
  /** More options of the job. */
  readonly more: readonly string[]
}

interface Found extends SwarmOutcome {
  readonly accuracy: number
}

/** Trains with one peer and with several in turn, and reports what these are worth. */
export async function reportSwarm(report: Report, bench: SwarmBench): Promise<void> {
  const { name, images, epochs, runs } = bench
  const core = pinned ? ', each kept to a core' : '; taskset is not there, so peers share the cores'
  report.say(
    `${name}: ${epochs} passes over ${images.images.toLocaleString('en-US')} images; one thread a peer${core}`
  )
  const together = new Map<number, Found[]>(bench.peers.map(count => [count, []]))
  const apart = new Map<number, SwarmOutcome[]>(bench.peers.map(count => [count, []]))
  for (let run = 0; run < runs; run++) {
    for (const [count, found] of together) {
      if (count > 1) apart.get(count)?.push(await outcome(report, bench, run, count, true))
      const seen = await outcome(report, bench, run, count, false)
      const accuracy = await accuracyOf(networkOf(bench, run, count, false), images.unseen)
      found.push({ ...seen, accuracy })
    }
  }
  const one = together.get(1) ?? []
  for (const [count, found] of together)
    add(report, bench, count, { found, apart: apart.get(count) ?? [], one })
}

async function outcome(
  report: Report,
  bench: SwarmBench,
  run: number,
  peers: number,
  apart: boolean
): Promise<SwarmOutcome> {
  const { images, epochs, more } = bench
  const trial: SwarmTrial = {
    ...{ peers, apart, epochs, images: images.images, data: images.learned },
    folder: folderOf(bench, run, peers, apart),
    more: ['--seed', `${1 + run}`, ...more]
  }
  const found = await trainTogether(trial)
  const speed = Math.round(found.imagesPerSecond).toLocaleString('en-US')
  report.say(
    `  ${peers} ${peers === 1 ? 'peer' : 'peers'}${apart ? ' apart' : ''}, run ${run + 1}: ${speed} images/s`
  )
  return found
}

function folderOf({ folder }: SwarmBench, run: number, peers: number, apart: boolean): string {
  return join(folder, `${peers}-${run}-${apart ? 'apart' : 'all'}`)
}

/** Where the first of some peers has saved its network. */
function networkOf(bench: SwarmBench, run: number, peers: number, apart: boolean): string {
  return join(folderOf(bench, run, peers, apart), '0')
}

function add(
  report: Report,
  { name: images, epochs }: SwarmBench,
  peers: number,
  { found, apart, one }: { found: readonly Found[]; apart: readonly SwarmOutcome[]; one: readonly Found[] }
): void {
  const row = (name: string, value: number, unit: string) =>
    report.add({ bench: 'images-swarm', name, value, unit, images, epochs, peers, runs: found.length })
  const speed = middle(found, 'imagesPerSecond')
  row('images_per_s', speed, 'images/s')
  row('accuracy', mean(found.map(({ accuracy }) => accuracy)), 'share')
  if (Number.isFinite(middle(found, 'processorMs')))
    row('processor_ms', middle(found, 'processorMs'), 'ms an image')
  row('event_loop_delay_p99', middle(found, 'eventLoopDelay'), 'ms')
  if (peers === 1) return
  if (one.length > 0) {
    row('ratio_to_one', speed / middle(one, 'imagesPerSecond'), 'times')
    row('ratio_apart', middle(apart, 'imagesPerSecond') / middle(one, 'imagesPerSecond'), 'times')
    row(
      'accuracy_lost',
      mean(one.map(({ accuracy }) => accuracy)) - mean(found.map(({ accuracy }) => accuracy)),
      'share'
    )
  }
  const more = middle(found, 'processorMs') / middle(apart, 'processorMs') - 1
  if (Number.isFinite(more)) row('processor_more', 100 * more, '%')
  row('bytes_per_image', middle(found, 'bytesPerImage'), 'bytes')
  row('packs_per_peer_per_s', middle(found, 'packsPerSecond'), 'packs/s')
  row('apply_share', middle(found, 'applyShare'), 'of the time')
}

function middle<Name extends keyof SwarmOutcome>(list: readonly SwarmOutcome[], name: Name): number {
  return median(list.map(outcome => outcome[name]))
}

/** Share of images whose class a saved network has right. */
async function accuracyOf(network: string, unseen: string): Promise<number> {
  const tensorflow = await openTensorflow({ threads: 1 })
  const replica = await layersModel(tensorflow, {
    model: await loadLayersModel(fileStore(network)),
    loss: 'sparseCategoricalCrossentropy',
    optimizer: { kind: 'sgd', rate: 0.1 }
  })
  const { images } = await openImages(unseen)
  const examples: Example[] = []
  for await (const example of pipe(images({ seed: 1 }), examplesOf({ scale: 'unit' }))) examples.push(example)
  const predictions = await replica.predict(examples)
  await replica.close()
  const right = predictions.filter((of, i) => of.indexOf(Math.max(...of)) === examples[i].label)
  return right.length / examples.length
}
