import { deepStrictEqual, ok } from 'node:assert'
import { readdirSync } from 'node:fs'
import { before, describe, test } from 'node:test'
import '@tensorflow/tfjs-backend-cpu'
import { setBackend, type Tensor, train } from '@tensorflow/tfjs-core'
import { loadLayersModel } from '../../../src/models/saved-model.ts'
import { fileStore } from '../../../src/sinks/file-store.ts'
import { type Expected, expectedOf, FOLDER, near, numbered, REFUSED, weightsOf } from './expected.ts'

const KERAS = ['keras3', 'keras2'].flatMap(version =>
  readdirSync(`${FOLDER}/${version}`)
    .filter(file => /\.(keras|h5)$/.test(file))
    .map(file => ({ folder: version, file, expected: `${version}/${file.replace(/\.\w+$/, '')}` }))
    .filter(({ expected }) => !REFUSED.includes(expected))
)
const TENSORFLOW_JS = ['recurrent', 'nested'].map(name => ({
  folder: `tfjs/${name}`,
  file: 'model.json',
  expected: `keras2/${name}`
}))

before(() => setBackend('cpu'))

test('the fixtures are all there', () => deepStrictEqual(KERAS.length, 33))

for (const { folder, file, expected } of [...KERAS, ...TENSORFLOW_JS]) {
  const want = await expectedOf(expected)
  const { loss } = want
  describe(`${folder}/${file}`, () => {
    const load = () => loadLayersModel(fileStore(`${FOLDER}/${folder}`), file)

    test('has the weights and gives the predictions that it had where it was made', async () => {
      const model = await load()
      sameWeights(weightsOf(model), want, 'before', 0)
      const given = [model.predict(numbered(want, 'input')) as Tensor | Tensor[]].flat()
      const predictions = numbered(want, 'prediction')
      deepStrictEqual(given.length, predictions.length)
      for (const [i, prediction] of predictions.entries()) {
        near(given[i] as Tensor, prediction, 1e-5, `output ${i}`)
      }
    })

    if (loss === undefined) return
    test('learns by one step what it learned there', async () => {
      const model = await load()
      const name = loss.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
      model.compile({ loss: name, optimizer: train.sgd(0.1) })
      const given = await model.trainOnBatch(numbered(want, 'input'), want.tensors.get('label') as Tensor)
      const [wanted] = await (want.tensors.get('loss') as Tensor).data()
      ok(Math.abs((given as number) - (wanted as number)) < 1e-4, `loss ${given}, wanted ${wanted}`)
      sameWeights(weightsOf(model), want, 'after', 1e-4)
    })
  })
}

function sameWeights(given: Map<string, Tensor>, want: Expected, when: string, tolerance: number): void {
  const names = [...want.tensors.keys()].filter(name => name.startsWith(`${when}/`))
  deepStrictEqual([...given.keys()].map(name => `${when}/${name}`).sort(), names.sort())
  for (const [name, value] of given) {
    near(value, want.tensors.get(`${when}/${name}`) as Tensor, tolerance, `${when}/${name}`)
  }
}
