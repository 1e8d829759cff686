import { deepStrictEqual, match, strictEqual } from 'node:assert'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Tensor } from '@tensorflow/tfjs-core'
import { openTensorflow } from '../../kernels/tensorflow.ts'
import { readSafetensorsHeader } from '../../src/models/safetensors.ts'
import { loadLayersModel } from '../../src/models/saved-model.ts'
import { fileStore } from '../../src/sinks/file-store.ts'
import { expectedOf, FOLDER, near, numbered, weightsOf } from '../models/saved/expected.ts'
import { folder, tensair } from './tensair.ts'

const place = folder({ after })

before(async () => {
  await openTensorflow({ threads: 1 })
})

for (const [from, file, expected] of [
  ['keras3', 'stacked.keras', 'keras3/stacked'],
  ['keras2', 'recurrent.h5', 'keras2/recurrent'],
  ['tfjs/nested', 'model.json', 'keras2/nested']
] as const) {
  test(`${from}/${file} goes to TensorFlow.js with its weights and predictions`, async () => {
    const output = join(place, 'tfjs', file)
    const args = ['export', `${FOLDER}/${from}/${file}`, '--to', 'tfjs', '--output', output]
    const { code, stderr } = await tensair(args)
    strictEqual(code, 0, stderr)
    match(stderr, /^\d+ weights in \S+model\.json\n$/)
    const want = await expectedOf(expected)
    const model = await loadLayersModel(fileStore(output))
    for (const [name, weight] of weightsOf(model))
      near(weight, want.tensors.get(`before/${name}`) as Tensor, 0, name)
    const given = [model.predict(numbered(want, 'input')) as Tensor | Tensor[]].flat()
    for (const [i, wanted] of numbered(want, 'prediction').entries())
      near(given[i] as Tensor, wanted, 1e-5, `output ${i}`)
  })
}

for (const [from, file] of [
  ['keras3', 'nested.keras'],
  ['keras3', 'recurrent.h5'],
  ['tfjs/recurrent', 'model.json']
] as const) {
  test(`${from}/${file} goes to safetensors with its weights`, async () => {
    const output = join(place, `${file}.safetensors`)
    const args = ['--model', `${FOLDER}/${from}/${file}`, '--format', 'safetensors', '--output', output]
    const { code, stderr } = await tensair(['export', ...args])
    strictEqual(code, 0, stderr)
    const bytes = readFileSync(output)
    const { tensors } = await readSafetensorsHeader(bytes.length, async (at, length) =>
      bytes.subarray(at, at + length)
    )
    const model = await loadLayersModel(fileStore(`${FOLDER}/${from}`), file)
    deepStrictEqual(
      [...tensors.keys()].toSorted(),
      model.weights.map(weight => weight.originalName).toSorted()
    )
    for (const weight of model.weights) {
      const { shape, offset, bytes: size } = tensors.get(weight.originalName) ?? { offset: 0, bytes: 0 }
      deepStrictEqual(shape, weight.shape)
      const values = new Float32Array(Uint8Array.from(bytes.subarray(offset, offset + size)).buffer)
      deepStrictEqual(values, await weight.read().data())
    }
  })
}

test('what cannot be exported so is refused in one line', async () => {
  const dense = `${FOLDER}/keras3/dense.keras`
  for (const [args, message] of [
    [
      [dense, '--to', 'text'],
      /^tensair: export: \S+ is a network, which goes to tfjs or safetensors; got text$/
    ],
    [[`${FOLDER}/tfjs/graph`], /^tensair: export: \S+ is a graph model, whose layers are gone; /],
    [
      [`${FOLDER}/keras3/unknown.keras`],
      /^tensair: \S+unknown\.keras: layer "group_norm" is a GroupNormalization/
    ],
    [[place, '--to', 'tfjs'], /^tensair: export: \S+ is no network; vectors go to text, .*; got tfjs$/],
    [[dense, '--model', dense], /^tensair: export: \S+ and --model \S+ exclude each other$/],
    [[dense, '--to', 'onnx'], /^tensair: .*choices/]
  ] as const) {
    const { code, stderr } = await tensair(['export', ...args])
    strictEqual(code, 2, stderr)
    match(stderr, /^[^\n]*\n$/)
    match(stderr.trimEnd(), message)
  }
})
