import { serialization } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { checkCalls } from './saved-calls.ts'
import { RESET_AFTER_GRU, registerResetAfterGru } from './saved-gru.ts'
import { asObject, asObjects, asText, isObject, type Json } from './saved-json.ts'
import { SavedModelError } from './saved-source.ts'

/** What a configuration calls the models that are layers too. */
const MODELS = ['Sequential', 'Functional', 'Model']

export function isModel(className: unknown): boolean {
  return MODELS.includes(className as string)
}

/**
 * Makes the network of a configuration, { class_name, config }, as TensorFlow.js saves it; its weights are zeros.
 * @throws SavedModelError that names the layer where its class is not known, or where it is called on what is not there.
 */
export function buildNetwork(topology: Json): LayersModel {
  registerResetAfterGru()
  if (!isModel(topology.class_name)) {
    throw new SavedModelError(`the model is a ${String(topology.class_name)}; wanted ${MODELS.join(', ')}`)
  }
  const checked = checkedLayer(topology)
  const entry = known(checked.class_name)
  if (entry === undefined) throw new Error('internal: TensorFlow.js has no models')
  // As tf.loadLayersModel does it; that wants the weights by name beforehand, which Keras's files do not have.
  const [cls, fromConfig] = entry as [unknown, FromConfig]
  return fromConfig(cls, camelCased(checked.config) as Json, {}, true)
}

/** The types leave out what tells that initial weights are not needed. */
type FromConfig = (cls: unknown, config: Json, customObjects: Json, fastWeightInit: boolean) => LayersModel

function checkedLayer(layer: Json): Json {
  const className = asText(layer.class_name, 'the class of a layer')
  const config = asObject(layer.config, `the configuration of a ${className}`)
  const name = asText(config.name ?? layer.name ?? '', 'the name of a layer')
  if (known(className) === undefined) {
    throw new SavedModelError(
      `layer ${JSON.stringify(name)} is a ${className}, which TensorFlow.js does not have`
    )
  }
  if (isModel(className)) {
    const layers = asObjects(config.layers, `the layers of ${JSON.stringify(name)}`)
    if (className !== 'Sequential') checkCalls(name, config, layers)
    return { ...layer, config: { ...config, layers: layers.map(checkedLayer) } }
  }
  if (isObject(config.layer)) return { ...layer, config: { ...config, layer: checkedLayer(config.layer) } }
  if (className === 'GRU' && config.reset_after === true) return { ...layer, class_name: RESET_AFTER_GRU }
  return layer
}

function known(className: unknown): unknown {
  const classes = serialization.SerializationMap.getMap().classNameMap
  return typeof className === 'string' && Object.hasOwn(classes, className) ? classes[className] : undefined
}

/** Keys and words as TensorFlow.js spells them (`batch_input_shape`, `channels_last`); names stay as they are. */
function camelCased(value: unknown, key?: string): unknown {
  if (typeof value === 'string') return camel(value)
  if (Array.isArray(value)) {
    const names = key === 'inbound_nodes' || key === 'input_layers' || key === 'output_layers'
    return value.map((item, i) =>
      names && i === 0 && typeof item === 'string' ? item : camelCased(item, key)
    )
  }
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      camel(key),
      (key === 'name' || key === 'class_name') && typeof item === 'string' ? item : camelCased(item, key)
    ])
  )
}

function camel(word: string): string {
  return word.length <= 1 || !word.includes('_')
    ? word
    : word.replace(/_+(\w|$)/g, (_, next: string) => next.toUpperCase())
}
