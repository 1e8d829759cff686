import { ok } from 'node:assert'
import { test } from 'node:test'
import { openTensorflow } from '../../kernels/tensorflow.ts'
import { adapt } from '../../src/dataflow/adapt.ts'
import { convergence } from '../../src/drift/convergence.ts'
import { ddm } from '../../src/drift/ddm.ts'
import { layersModel } from '../../src/models/layers.ts'
import type { Example } from '../../src/models/layers-batch.ts'
import { stream } from '../../src/stream.ts'
import { CLASSES, points, smallNetwork } from './small-network.ts'

test('adapt trains a network until it converges, and again when the classes change their meaning', async () => {
  const replica = await layersModel(await openTensorflow({ threads: 1 }), {
    model: smallNetwork(),
    loss: 'sparseCategoricalCrossentropy',
    optimizer: { kind: 'adam', rate: 0.01 },
    batch: 32
  })
  const likeliest = (scores: Float32Array) => scores.indexOf(Math.max(...scores))
  const adaptation = adapt<Example, Float32Array, number>(replica, {
    truth: ({ label }) => Number(label),
    loss: (scores, truth) => -Math.log(Math.max(1e-6, scores[truth])),
    error: (scores, truth) => (likeliest(scores) === truth ? 0 : 1),
    detector: ddm(),
    convergence: convergence({ epoch: 400, tolerance: 0.1 }),
    onDrift: { boost: { factor: 2, items: 500 }, reset: true }
  })
  const chunks = async function* () {
    for (let i = 0; i < 30; i++) yield points(i + 1, 200)
    for (let i = 30; i < 60; i++)
      yield points(i + 1, 200).map(({ input, label }) => ({ input, label: (Number(label) + 1) % CLASSES }))
  }
  const wrong: number[] = []
  for await (const { input, prediction } of adaptation(stream(chunks)))
    wrong.push(likeliest(prediction) === input.label ? 0 : 1)
  const share = (from: number, to: number) =>
    wrong.slice(from, to).reduce((sum, one) => sum + one, 0) / (to - from)
  const { trained, trainings, alarms } = adaptation.counts
  ok(alarms >= 1 && trainings >= 2, `${alarms} alarms, ${trainings} trainings`)
  ok(trained < wrong.length, 'it never stopped training')
  ok(share(5000, 6000) < 0.15, `${share(5000, 6000)} wrong before the change`)
  ok(share(6000, 6100) > 0.5, `${share(6000, 6100)} wrong at the change`)
  ok(share(11000, 12000) < 0.2, `${share(11000, 12000)} wrong at the end`)
  await replica.close()
})
