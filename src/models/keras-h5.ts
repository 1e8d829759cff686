import type { LayersModel } from '@tensorflow/tfjs-layers'
import { type Hdf5, readingHdf5 } from './keras-hdf5.ts'
import { translateKeras } from './keras-network.ts'
import { parseObject } from './saved-json.ts'
import { buildNetwork } from './saved-network.ts'
import { SavedModelError } from './saved-source.ts'
import { filled, putWeights } from './saved-weights.ts'

// Keras's .h5 file: the network as text in the attribute model_config; for each name in the attribute layer_names of the group
// model_weights a group, whose attribute weight_names tells its data sets in order. A long list of names is cut into NAME0, NAME1, ….

const WEIGHTS = 'model_weights'

/**
 * Reads a .h5 file, of Keras 2 or 3.
 * @throws SavedModelError that names the layer where it cannot be read.
 */
export async function loadKerasH5(bytes: Uint8Array): Promise<LayersModel> {
  return readingHdf5(bytes, file => {
    const config = file.attribute('/', 'model_config')
    if (typeof config !== 'string') {
      throw new SavedModelError(
        'the file has no model_config: it holds weights only, or is not of Keras; save the whole model'
      )
    }
    const version = file.attribute('/', 'keras_version') ?? '2'
    const topology = parseObject(new TextEncoder().encode(config), 'model_config')
    const model = buildNetwork(translateKeras({ ...topology, keras_version: version }))
    return filled(model, () => putLayers(file, model))
  })
}

function putLayers(file: Hdf5, model: LayersModel): void {
  const left = new Map(model.layers.map(layer => [layer.name, layer]))
  for (const name of namesIn(file, WEIGHTS, 'layer_names')) {
    const names = namesIn(file, `${WEIGHTS}/${name}`, 'weight_names')
    const layer = left.get(name)
    if (layer === undefined)
      throw new SavedModelError(`the weights of ${JSON.stringify(name)} belong to no layer`)
    left.delete(name)
    const tensors = names.map(path => file.tensor(`${WEIGHTS}/${name}/${path}`))
    putWeights(layer.weights, tensors, `layer ${JSON.stringify(name)}`, names)
  }
  for (const [name, { weights }] of left) putWeights(weights, [], `layer ${JSON.stringify(name)}`)
}

function namesIn(file: Hdf5, group: string, attribute: string): string[] {
  const whole = file.attribute(group, attribute)
  if (whole !== undefined) return [whole].flat()
  const names: string[] = []
  for (let i = 0; ; i++) {
    const part = file.attribute(group, `${attribute}${i}`)
    if (part === undefined) return names
    names.push(...[part].flat())
  }
}
