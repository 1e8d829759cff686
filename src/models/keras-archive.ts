import type { LayersModel } from '@tensorflow/tfjs-layers'
import { type Hdf5, readingHdf5 } from './keras-hdf5.ts'
import { translateKeras } from './keras-network.ts'
import { unzip } from './keras-zip.ts'
import { asObject, asObjects, isObject, type Json, parseObject } from './saved-json.ts'
import { buildNetwork, isModel } from './saved-network.ts'
import { SavedModelError } from './saved-source.ts'
import { filled, putWeights } from './saved-weights.ts'

// A .keras file is a zip of metadata.json (keras_version), config.json (the network) and model.weights.h5, in which the weights of
// a layer are the data sets 0, 1, … of layers/CLASS_NAME/vars: the class in snake case, numbered from the second of its kind on.

const FILES = ['metadata.json', 'config.json', 'model.weights.h5'] as const

/**
 * Reads a .keras file, of Keras 2.12 or later.
 * @throws SavedModelError that names the layer where it cannot be read.
 */
export async function loadKerasArchive(bytes: Uint8Array<ArrayBuffer>): Promise<LayersModel> {
  const files = await unzip(bytes, FILES)
  const [metadata, config, weights] = FILES.map(name => {
    const file = files.get(name)
    if (file === undefined) throw new SavedModelError(`the archive has no ${name}, so it is no .keras file`)
    return file
  }) as [Uint8Array, Uint8Array, Uint8Array]
  const topology = { ...parseObject(config, 'config.json'), ...parseObject(metadata, 'metadata.json') }
  const model = buildNetwork(translateKeras(topology))
  return readingHdf5(weights, file => filled(model, () => putModel(file, model, topology, '')))
}

function putModel(file: Hdf5, model: LayersModel, topology: Json, prefix: string): void {
  const used = new Map<string, number>()
  for (const layer of asObjects(asObject(topology.config, 'the configuration').layers, 'the layers')) {
    const className = String(layer.class_name)
    const config = asObject(layer.config, `the configuration of a ${className}`)
    const base = snakeCase(className)
    const count = used.get(base) ?? 0
    used.set(base, count + 1)
    const path = `${prefix}layers/${count === 0 ? base : `${base}_${count}`}`
    if (className === 'InputLayer') continue
    const made = model.getLayer(String(config.name ?? layer.name))
    if (isModel(className)) putModel(file, made as LayersModel, layer, `${path}/`)
    else {
      const variables = groupsOf(className, config, path)
      const tensors = variables.flatMap(group =>
        file.names(group).map((_, i) => file.tensor(`${group}/${i}`))
      )
      putWeights(made.weights, tensors, `layer ${JSON.stringify(made.name)} (${className})`)
    }
  }
}

/** Where the weights of a layer are, in the order in which TensorFlow.js has them. */
function groupsOf(className: string, config: Json, path: string): string[] {
  const inner = isObject(config.layer) ? config.layer : {}
  const innerGroups = (name: string) =>
    groupsOf(String(inner.class_name), isObject(inner.config) ? inner.config : {}, `${path}/${name}`)
  switch (className) {
    case 'SimpleRNN':
    case 'GRU':
    case 'LSTM':
      return [`${path}/cell/vars`]
    case 'Bidirectional':
      return [...innerGroups('forward_layer'), ...innerGroups('backward_layer')]
    case 'TimeDistributed':
      return innerGroups('layer')
    default:
      return [`${path}/vars`]
  }
}

/** As Keras does it: DepthwiseConv2D is depthwise_conv2d. */
function snakeCase(name: string): string {
  return name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
}
