import { deepStrictEqual, rejects, throws } from 'node:assert'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { after, before, test } from 'node:test'
import '@tensorflow/tfjs-backend-cpu'
import { setBackend, type Tensor } from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { readSafetensorsHeader } from '../../../src/models/safetensors.ts'
import { loadGraphModel } from '../../../src/models/saved-graph.ts'
import { loadLayersModel } from '../../../src/models/saved-model.ts'
import { layersSafetensors, saveLayersModel } from '../../../src/models/saved-write.ts'
import { fileStore } from '../../../src/sinks/file-store.ts'
import { expectedOf, FOLDER, near, numbered, weightsOf } from './expected.ts'

const folder = mkdtempSync(`${tmpdir()}/tensair-saved-`)
after(() => rmSync(folder, { recursive: true }))
before(() => setBackend('cpu'))

for (const name of [
  'dense',
  'convolutions',
  'graph',
  'recurrent',
  'masked',
  'wrapped',
  'nested',
  'stacked',
  'two_sided',
  'inference'
]) {
  test(`${name} that was read from Keras and written for TensorFlow.js reads as the same network`, async () => {
    const want = await expectedOf(`keras3/${name}`)
    const store = fileStore(`${folder}/${name}`)
    const model = await loadLayersModel(fileStore(`${FOLDER}/keras3`), `${name}.keras`)
    await saveLayersModel(model, store)
    const again = await loadLayersModel(store)
    deepStrictEqual(
      again.layers.map(layer => layer.getClassName()),
      model.layers.map(layer => layer.getClassName())
    )
    const weights = weightsOf(again)
    for (const [key, weight] of weightsOf(model)) near(weights.get(key) as Tensor, weight, 0, key)
    const given = [again.predict(numbered(want, 'input')) as Tensor | Tensor[]].flat()
    for (const [i, wanted] of numbered(want, 'prediction').entries())
      near(given[i] as Tensor, wanted, 1e-5, `output ${i}`)
  })
}

test('the file that is written is of the layers model format, with one shard', async () => {
  const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [3], name: 'only' })] })
  await saveLayersModel(model, fileStore(`${folder}/only`))
  const json = JSON.parse(readFileSync(`${folder}/only/model.json`, 'utf8'))
  deepStrictEqual(json.format, 'layers-model')
  deepStrictEqual(json.weightsManifest, [
    {
      paths: ['weights.bin'],
      weights: [
        { name: 'only/kernel', shape: [3, 2], dtype: 'float32' },
        { name: 'only/bias', shape: [2], dtype: 'float32' }
      ]
    }
  ])
})

test('as safetensors the weights go by their names', async () => {
  const model = await loadLayersModel(fileStore(`${FOLDER}/keras3`), 'stacked.keras')
  const parts: Uint8Array<ArrayBuffer>[] = []
  for await (const part of layersSafetensors(model, { made: 'here' })) parts.push(Uint8Array.from(part))
  const file = new Uint8Array(await new Blob(parts).arrayBuffer())
  const { metadata, tensors } = await readSafetensorsHeader(file.length, async (at, length) =>
    file.slice(at, at + length)
  )
  deepStrictEqual({ ...metadata }, { made: 'here' })
  deepStrictEqual([...tensors.keys()].sort(), model.weights.map(weight => weight.originalName).sort())
  for (const weight of model.weights) {
    const place = tensors.get(weight.originalName)
    deepStrictEqual(place?.shape, weight.shape)
    const { offset, bytes } = place as { offset: number; bytes: number }
    deepStrictEqual(new Float32Array(file.slice(offset, offset + bytes).buffer), await weight.read().data())
  }
})

test('two weights of one name are refused, since a file tells them by their names', async () => {
  const inner = () => sequential({ layers: [layers.dense({ units: 2, inputShape: [2], name: 'same' })] })
  const model = sequential({ name: 'twice', layers: [inner(), inner()] })
  const message = /^twice: two weights are named same\/kernel; give the layers names of their own$/
  await rejects(saveLayersModel(model, fileStore(`${folder}/twice`)), { message })
  throws(() => layersSafetensors(model), { message })
})

test('a graph model predicts what Keras predicted', async () => {
  const want = await expectedOf('keras2/convolutions')
  const model = await loadGraphModel(fileStore(`${FOLDER}/tfjs/graph`))
  near(
    model.predict(numbered(want, 'input')) as Tensor,
    numbered(want, 'prediction')[0] as Tensor,
    1e-5,
    'output'
  )
})
