import { deepStrictEqual, match, ok, rejects } from 'node:assert'
import { readFileSync } from 'node:fs'
import { before, describe, test } from 'node:test'
import '@tensorflow/tfjs-backend-cpu'
import { memory, setBackend } from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { unzip } from '../../../src/models/keras-zip.ts'
import { loadGraphModel } from '../../../src/models/saved-graph.ts'
import { loadLayersModel } from '../../../src/models/saved-model.ts'
import { SavedModelError } from '../../../src/models/saved-source.ts'
import { fileStore } from '../../../src/sinks/file-store.ts'
import { FOLDER, REFUSED } from './expected.ts'
import { zipOf } from './zip.ts'

type Files = Record<string, Uint8Array>

before(() => setBackend('cpu'))

const bytesOf = (path: string): Uint8Array<ArrayBuffer> => Uint8Array.from(readFileSync(`${FOLDER}/${path}`))
const TOPOLOGY = new TextDecoder().decode(bytesOf('tfjs/nested/model.json'))
const SHARD = 'group1-shard1of1.bin'

/** Reads nested's model.json after its text was changed from one thing to another. */
function nested(
  from: string | RegExp,
  to: string,
  files: Files = { [SHARD]: bytesOf(`tfjs/nested/${SHARD}`) }
) {
  const text = TOPOLOGY.replaceAll(from, to)
  return loadLayersModel(async name => {
    const file = name === 'model.json' ? new TextEncoder().encode(text) : files[name]
    if (file === undefined) throw new Error(`there is no file ${name}`)
    return file
  })
}

/** The first weight of the manifest is of another type. */
function nestedWithType(dtype: string) {
  const json = JSON.parse(TOPOLOGY)
  const [first] = json.weightsManifest[0].weights
  return nested(
    TOPOLOGY,
    JSON.stringify(json).replace(JSON.stringify(first), JSON.stringify({ ...first, dtype }))
  )
}

describe('a model.json', () => {
  const cases: readonly (readonly [what: string, read: () => Promise<unknown>, message: string])[] = [
    ['whose shard is missing', () => nested('', '', {}), `model.json: there is no file ${SHARD}`],
    [
      'whose shard is cut off',
      () => nested('', '', { [SHARD]: bytesOf(`tfjs/nested/${SHARD}`).subarray(0, 1000) }),
      `model.json: the weights of ${SHARD} need 1100 bytes, the files have 1000`
    ],
    [
      'with weights of an unknown type',
      () => nestedWithType('float24'),
      'model.json: weight conv2d/kernel is of the unknown type "float24"'
    ],
    [
      'with weights of another type than the layer has',
      () => nestedWithType('int32'),
      'model.json: weight conv2d/kernel: float32 [3, 3, 2, 3] wanted; got int32 [3, 3, 2, 3]'
    ],
    [
      'with weights of another shape',
      () => nested('"shape": [3, 3, 2, 3]', '"shape": [3, 2, 3, 3]'),
      'model.json: weight conv2d/kernel: float32 [3, 3, 2, 3] wanted; got float32 [3, 2, 3, 3]'
    ],
    [
      'with a layer whose weights are not there',
      () => nested('"dense_1/bias"', '"dense_2/bias"'),
      'model.json: there is no weight dense_1/bias'
    ],
    [
      'with a layer that TensorFlow.js does not have',
      () => nested('"Conv2D"', '"Conv4D"'),
      'model.json: layer "conv2d" is a Conv4D, which cannot be read: TensorFlow.js has no such layer, or not the same'
    ],
    [
      'with a layer that takes what no other gives',
      () => nested('[["conv2d", 0, 0, {}]]', '[["conv3d", 0, 0, {}]]'),
      'model.json: layer "batch_normalization" takes the output of "conv3d", which is not there before it'
    ],
    [
      'whose layers go round',
      () => nested('[["input_1", 0, 0, {}]]', '[["activation", 0, 0, {}]]'),
      'model.json: layer "conv2d" takes the output of "activation", which is not there before it'
    ],
    [
      'with an output that is not there',
      () => nested('"output_layers": [["head", 1, 0]]', '"output_layers": [["hand", 1, 0]]'),
      'model.json: output_layers name "hand", which is not there'
    ],
    ['that is no JSON', () => nested('}', ''), 'model.json: the file is not JSON'],
    [
      'that is none',
      () => loadLayersModel(async () => new Uint8Array([1, 2, 3])),
      'model.json: neither a model.json nor a .keras nor an .h5 file'
    ],
    [
      'that is a graph model',
      () => loadLayersModel(async () => bytesOf('tfjs/graph/model.json')),
      'model.json: a graph model, which can only predict; open it with loadGraphModel'
    ],
    [
      'that is a layers model where a graph model is wanted',
      () => loadGraphModel(async () => bytesOf('tfjs/nested/model.json')),
      'model.json: not a graph model; open it with loadLayersModel'
    ]
  ]
  for (const [what, read, message] of cases)
    test(`${what} is refused in one line`, () => rejects(read(), { name: 'SavedModelError', message }))

  test('that is not in the folder is refused in one line that names it', async () => {
    const message = `${FOLDER}/tfjs/model.json: there is no file model.json`
    await rejects(loadLayersModel(fileStore(`${FOLDER}/tfjs`)), { name: 'SavedModelError', message })
  })
})

describe('a layer that TensorFlow.js does not have, or has in another way, is named:', () => {
  const cases = {
    unknown:
      'layer "group_norm" is a GroupNormalization, which cannot be read: TensorFlow.js has no such layer, or not the same',
    dilated:
      'layer "far" (DepthwiseConv2D) has dilation_rate [2,2], which TensorFlow.js leaves out or takes otherwise',
    channels_first:
      'layer "planes" (Conv2D) has data_format "channels_first", which TensorFlow.js leaves out or takes otherwise',
    causal: 'layer "past" (Conv1D) has padding "causal", which TensorFlow.js does not have',
    constrained:
      'layer "positive" (Dense) has the constraint NonNeg, which TensorFlow.js does not keep to in training',
    open_ended: 'layer "wide" (Reshape) leaves its last size open; TensorFlow.js wants the number, not -1',
    hard_sigmoid:
      'layer "hard" (Dense) has the activation "hard_sigmoid", which TensorFlow.js does not have as Keras 3 has it'
  }
  test('the cases are all there', () => {
    deepStrictEqual(new Set(Object.keys(cases).map(name => `keras3/${name}`)), new Set(REFUSED))
  })
  for (const [name, message] of Object.entries(cases)) {
    test(name, () =>
      rejects(
        loadLayersModel(async () => bytesOf(`keras3/${name}.keras`), name),
        { message: `${name}: ${message}` }
      )
    )
  }
})

describe('an .h5 file', () => {
  const file = bytesOf('keras2/nested.h5')
  const read = (bytes: Uint8Array) => loadLayersModel(async () => bytes, 'x.h5')

  test('that is cut off is refused in one line', async () => {
    await rejects(read(file.subarray(0, 10_000)), {
      name: 'SavedModelError',
      message:
        'x.h5: the HDF5 file is cut off or damaged (truncated file: eof = 10000, sblock->base_addr = 0, stored_eof = 24712)'
    })
    // Only cut off: HDF5 has no checksums here, and goes round for ever in some files of which a byte was changed.
    const lengths = fc.integer({ min: 4, max: file.length - 1 })
    const refused = fc.asyncProperty(lengths, length =>
      rejects(read(file.subarray(0, length)), {
        name: 'SavedModelError',
        message: /^x\.h5: the HDF5 file is cut off or damaged \(.+\)$/
      })
    )
    await fc.assert(refused, { numRuns: 60 })
  })

  test('whose weights are not of the shape that the network has is refused by layer', async () => {
    const text = Buffer.from(file)
      .toString('latin1')
      .replace(
        '"name": "conv2d", "trainable": false, "dtype": "float32", "filters": 3',
        '"name": "conv2d", "trainable": false, "dtype": "float32", "filters": 4'
      )
    await rejects(read(Buffer.from(text, 'latin1')), {
      message: 'x.h5: layer "base": kernel: float32 [3, 3, 2, 4] wanted; got float32 [3, 3, 2, 3]'
    })
  })

  test('without a network, as save_weights writes it, says so', async () => {
    const archive = await unzip(bytesOf('keras3/nested.keras'), ['model.weights.h5'])
    await rejects(read(archive.get('model.weights.h5') ?? file), {
      message: /^x\.h5: the file has no model_config: it holds weights only/
    })
  })
})

describe('a .keras file', () => {
  const NAMES = ['metadata.json', 'config.json', 'model.weights.h5']
  const read = (bytes: Uint8Array) => loadLayersModel(async () => bytes, 'x.keras')

  async function changed(change: (files: Files) => void): Promise<Uint8Array> {
    const files: Files = Object.fromEntries(await unzip(bytesOf('keras3/stacked.keras'), NAMES))
    change(files)
    return zipOf(files, { deflate: true })
  }

  test('may be deflated', async () => {
    const model = await read(await changed(() => {}))
    deepStrictEqual(
      model.layers.map(layer => layer.name),
      ['input_layer_1', 'base', 'dense_1']
    )
  })

  test('without its weights is refused', async () => {
    const file = await changed(files => delete files['model.weights.h5'])
    await rejects(read(file), {
      message: 'x.keras: the archive has no model.weights.h5, so it is no .keras file'
    })
  })

  test('with the weights of another network is refused by layer', async () => {
    const other = await unzip(bytesOf('keras3/deferred.keras'), NAMES)
    const file = await changed(files =>
      Object.assign(files, { 'model.weights.h5': other.get('model.weights.h5') })
    )
    await rejects(read(file), {
      message: 'x.keras: layer "dense" (Dense) has 2 weights, the file has 0 for it'
    })
  })

  test('whose layer is of a class of its maker is refused by layer', async () => {
    const file = await changed(files => {
      const config = new TextDecoder().decode(files['config.json'])
      files['config.json'] = new TextEncoder().encode(
        config
          .replace('"class_name": "Dense"', '"class_name": "Dense", "registered_name": "Mine>Dense"')
          .replace('"registered_name": null, "build_config"', '"build_config"')
      )
    })
    await rejects(read(file), { message: /^x\.keras: layer "dense" is a Dense, which cannot be read/ })
  })
})

for (const path of ['keras3/stacked.keras', 'tfjs/nested/model.json']) {
  test(`${path} with some bytes changed is read, or refused in one line`, async () => {
    const file = bytesOf(path)
    const flips = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(flips, async flips => {
        const broken = file.slice()
        for (const [at, value] of flips) broken[at] = value
        const source = async (name: string) =>
          name === 'model.json' ? broken : bytesOf(`tfjs/nested/${name}`)
        try {
          const model = await loadLayersModel(source)
          model.dispose()
        } catch (error) {
          ok(error instanceof SavedModelError)
          match(error.message, /^model\.json: .+$/)
        }
      }),
      { numRuns: 60 }
    )
  })
}

test('a model whose weights do not fit leaves no tensor behind', async () => {
  const tensors = memory().numTensors
  await rejects(nested('"dense_1/bias"', '"dense_2/bias"'))
  await rejects(nested('"shape": [3, 3, 2, 3]', '"shape": [3, 2, 3, 3]'))
  deepStrictEqual(memory().numTensors, tensors)
})
