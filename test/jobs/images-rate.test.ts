import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { imagesOptions } from '../../src/jobs/images-options.ts'
import { optimizerOf, rateCourse, rated } from '../../src/jobs/images-rate.ts'
import type { LayersReplica } from '../../src/models/layers-replica.ts'
import { chunkAt } from '../../src/stream.ts'

const optionsOf = (given: object) => imagesOptions.parseAsync({ data: '.', output: '/nowhere', ...given })

test('each optimiser has a rate of its own, and takes the one given', async () => {
  deepStrictEqual(optimizerOf(await optionsOf({})), { kind: 'adam', rate: 0.001 })
  deepStrictEqual(optimizerOf(await optionsOf({ optimizer: 'sgd' })), { kind: 'sgd', rate: 0.1 })
  deepStrictEqual(optimizerOf(await optionsOf({ optimizer: 'momentum', rate: 0.5 })), {
    kind: 'momentum',
    rate: 0.5
  })
})

test('the course of the rate counts in epochs', async () => {
  const step = rateCourse(await optionsOf({ rate: 1, schedule: 'step', decay: 0.5, decayEvery: 2 }), 100)
  deepStrictEqual([0, 199, 200, 400].map(step), [1, 1, 0.5, 0.25])
  const warm = rateCourse(await optionsOf({ rate: 1, warmUp: 0.5 }), 100)
  ok(warm(0) > 0 && warm(0) < 0.05 && warm(25) > 0.4 && warm(25) < 0.6)
  strictEqual(warm(50), 1)
  const cosine = rateCourse(await optionsOf({ rate: 1, schedule: 'cosine', warmUp: 1, epochs: 3 }), 100)
  ok(cosine(99) > 0.98 && Math.abs(cosine(200) - 0.5) < 0.01 && cosine(299) < 0.001)
})

test('the rate follows how far the passes have come, also where a peer learns only some of the images', async () => {
  const rates: number[] = []
  const replica = { rate: (value: number) => rates.push(value), train: async () => {} }
  const course = (images: number) => images + 1
  const trained = rated(replica as unknown as LayersReplica, course, 100, { epoch: 1, images: 0 })
  const at = (share?: number) =>
    trained.train(chunkAt([{ input: [0], label: 0 }], share === undefined ? undefined : { bytes: 0, share }))
  for (const share of [undefined, 0.5, 1, 0.5, 1, undefined, 0.5, 1]) await at(share)
  deepStrictEqual(rates, [1, 1, 51, 101, 151, 201, 201, 251])
  await rated(replica as unknown as LayersReplica, course, 100, { epoch: 3, images: 50 }).train([])
  strictEqual(rates.at(-1), 251)
})
