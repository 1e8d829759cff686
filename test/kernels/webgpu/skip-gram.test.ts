import { deepStrictEqual, notDeepStrictEqual } from 'node:assert'
import { after, test } from 'node:test'
import { openWebGpu } from '../../../kernels/webgpu/device.ts'
import { assertClose } from '../../assert-close.ts'
import {
  evenSampling,
  lines,
  type Trained,
  type TrainingCase,
  trainByReference,
  trainOn
} from '../training-case.ts'

const device = await openWebGpu({ software: true, subgroups: false, timing: true })
after(() => device.close())
const small: TrainingCase = {
  dim: 8,
  window: 3,
  negatives: 2,
  rows: 20,
  batches: [lines(70, 9, 20), lines(33, 9, 20)]
}

function assertMatches(actual: Trained, expected: Trained): void {
  for (const table of ['input', 'output'] as const) {
    assertClose(actual[table].weights, expected[table].weights, { absolute: 3e-4, what: table })
    deepStrictEqual([...(actual[table].hits as Uint32Array)], [...(expected[table].hits as Uint32Array)])
  }
  assertClose([actual.loss.sum], [expected.loss.sum], { relative: 1e-3 })
}

const cases: (TrainingCase & { why: string })[] = [
  { why: 'narrow rows', ...small },
  { why: 'rows whose halves are not of one length', ...small, dim: 100, window: 5, negatives: 5 },
  { why: 'a wide window', ...small, dim: 4, window: 15, negatives: 31 }
]
for (const { why, ...options } of cases) {
  test(`without subgroups, skip-gram matches the reference: ${why}`, async () => {
    assertMatches(await trainOn(device, options), trainByReference(options, 'batched'))
  })
}

test('that was the kernel without subgroups', async () => {
  const kernels = (await device.kernelTimes()).map(({ kernel }) => kernel)
  deepStrictEqual([kernels.includes('sgns'), kernels.includes('sgns-subgroup')], [true, false])
})

test('an SGD step is clipped to the norm 0.5, or what was asked for', async () => {
  const clipped = { ...small, optimizer: { kind: 'sgd' } as const, rate: 10 }
  const expected = trainByReference(clipped, 'batched')
  assertMatches(await trainOn(device, clipped), expected)
  const tighter = { ...clipped, optimizer: { kind: 'sgd', clip: 0.1 } as const }
  const expectedTighter = trainByReference(tighter, 'batched')
  assertMatches(await trainOn(device, tighter), expectedTighter)
  notDeepStrictEqual(expected.input.weights, expectedTighter.input.weights)
})

test('work accepted before a read is in it', async () => {
  const tables = ['input', 'output'].map(name =>
    device.createTable({ name, capacity: 20, dim: 8, init: 'uniform' })
  )
  const [input, output] = await Promise.all(tables)
  for (const table of [input, output]) table.initRows(0, new Uint32Array(40))
  const options = { input, output, window: 3, negatives: 2, optimizer: { kind: 'adagrad' } } as const
  const skipGram = await device.createSkipGram(options)
  await skipGram.setSampling(evenSampling(20))
  await skipGram.train({ slots: Uint32Array.of(3, 4), key: 1, rate: 0.1 })
  const hits = await input.read('hits', 0, 5)
  deepStrictEqual([...hits], [0, 0, 0, 1, 1])
  await skipGram.train({ slots: Uint32Array.of(3, 4), key: 2, rate: 0.1 })
  await skipGram.destroy()
  deepStrictEqual([...(await input.read('hits', 0, 5))], [0, 0, 0, 2, 2])
  for (const table of [input, output]) table.destroy()
})
