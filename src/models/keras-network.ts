import { type Models, translateCalls, translateEnds } from './keras-calls.ts'
import { hasNoEffect, KERAS_LAYERS } from './keras-layers.ts'
import { translateOption, translateType } from './keras-options.ts'
import { asObject, asObjects, asText, isObject, type Json } from './saved-json.ts'
import { isModel } from './saved-network.ts'
import { SavedModelError } from './saved-source.ts'

/** Whether a configuration, { class_name, config, keras_version }, is Keras's and not TensorFlow.js's own. */
export function isKerasTopology({ keras_version: version }: Json): boolean {
  return typeof version === 'string' && !version.startsWith('tfjs-layers')
}

/**
 * Keras's configuration of a model, { class_name, config, keras_version }, as TensorFlow.js would have saved the same network.
 * @throws SavedModelError that names the layer where TensorFlow.js does not have it, or not with these options.
 */
export function translateKeras(topology: Json): Json {
  const keras3 = Number.parseInt(asText(topology.keras_version, 'keras_version'), 10) >= 3
  return { class_name: topology.class_name, config: translateModel(topology, keras3) }
}

function translateModel(model: Json, keras3: boolean): Json {
  const config = asObject(model.config, 'the configuration of the model')
  const layers = asObjects(config.layers, 'the layers of the model')
  if (model.class_name === 'Sequential') {
    const translated = layers.map(layer => translateLayer(layer, keras3))
    return { name: config.name, layers: withInput(translated, layers, config.build_input_shape) }
  }
  const models: Models = new Set(
    keras3 ? layers.filter(({ class_name: c }) => isModel(c)).map(({ name }) => String(name)) : []
  )
  return {
    name: config.name,
    layers: layers.map(layer => ({
      ...translateLayer(layer, keras3),
      inbound_nodes: translateCalls(layer.inbound_nodes ?? [], `layer ${JSON.stringify(layer.name)}`, models)
    })),
    input_layers: translateEnds(config.input_layers, models),
    output_layers: translateEnds(config.output_layers, models)
  }
}

/** A model that took its shape from its first input has no input layer. */
function withInput(translated: Json[], layers: readonly Json[], built: unknown): Json[] {
  const [first] = layers
  if (first === undefined || first.class_name === 'InputLayer' || isModel(first.class_name)) return translated
  const shape = built ?? asObject(first.config, 'the configuration of a layer').batch_input_shape
  if (!Array.isArray(shape)) {
    throw new SavedModelError(
      'the model has never seen an input, so its shapes are not known; call it once and save it again'
    )
  }
  const input = {
    class_name: 'InputLayer',
    config: { name: 'input', batch_input_shape: shape, dtype: 'float32' }
  }
  return [input, ...translated]
}

function translateLayer(layer: Json, keras3: boolean): Json {
  const className = asText(layer.class_name, 'the class of a layer')
  const config = asObject(layer.config, `the configuration of a ${className}`)
  const name = asText(config.name ?? layer.name, `the name of a ${className}`)
  const what = `layer ${JSON.stringify(name)} (${className})`
  if (isModel(className)) {
    return { class_name: className, name, config: translateModel(layer, keras3) }
  }
  // Keras 3 has operations of the same names, and classes of a user's own may have any.
  const module = layer.module ?? 'keras.layers'
  const known =
    /^(keras|tf_keras)\.(src\.)?layers\b/.test(String(module)) &&
    !String(layer.registered_name ?? '').includes('>')
  const passed = known && Object.hasOwn(KERAS_LAYERS, className) ? KERAS_LAYERS[className] : undefined
  if (passed === undefined) {
    throw new SavedModelError(
      `layer ${JSON.stringify(name)} is a ${className}, which cannot be read: TensorFlow.js has no such layer, or not the same`
    )
  }
  const translated: Json = { name }
  for (const [option, value] of Object.entries(renamed(className, config, keras3))) {
    if (option === 'name') continue
    if (option === 'trainable') translated.trainable = value
    else if (option === 'dtype') translated.dtype = translateType(value, what)
    else if (option === 'layer') translated.layer = translateLayer(asObject(value, option), keras3)
    else if (passed.includes(option)) translated[option] = translateOption(option, value, what, keras3)
    else if (option === 'batch_input_shape' && className === 'InputLayer') translated[option] = value
    else if (!hasNoEffect(option, value)) {
      throw new SavedModelError(
        `${what} has ${option} ${JSON.stringify(value)}, which TensorFlow.js leaves out or takes otherwise`
      )
    }
  }
  return { class_name: className, name, config: translated }
}

/** Options that have another name, or another form, in TensorFlow.js. */
function renamed(className: string, config: Json, keras3: boolean): Json {
  switch (className) {
    case 'InputLayer': {
      const { batch_shape: shape, ...others } = config
      return { batch_input_shape: shape, ...others }
    }
    case 'LeakyReLU': {
      const { negative_slope: alpha, ...others } = config
      return { alpha, ...others }
    }
    case 'Reshape':
      if (Array.isArray(config.target_shape) && config.target_shape.at(-1) === -1) {
        throw new SavedModelError(
          `layer ${JSON.stringify(config.name)} (Reshape) leaves its last size open; TensorFlow.js wants the number, not -1`
        )
      }
      return config
    case 'BatchNormalization':
      return { ...config, axis: [config.axis].flat()[0] }
    case 'Bidirectional':
      return bidirectional(config, keras3)
    default:
      return config
  }
}

/** TensorFlow.js makes both directions of one configuration, and puts forward_ and backward_ before its name. */
function bidirectional({ backward_layer: backward, ...config }: Json, keras3: boolean): Json {
  const layer = asObject(config.layer, 'the layer of a Bidirectional')
  // Keras 3 sets this by itself; it matters under a mask only, which TensorFlow.js's Bidirectional refuses.
  const { zero_output_for_mask: _, ...forward } = asObject(layer.config, 'the configuration of a layer')
  const one = { ...layer, config: { ...forward, name: String(forward.name).replace(/^forward_/, '') } }
  if (isObject(backward) && !isMirrored(one, backward, keras3)) {
    throw new SavedModelError(
      `layer ${JSON.stringify(config.name)} (Bidirectional) has two unlike layers, which TensorFlow.js does not have`
    )
  }
  return { ...config, layer: one }
}

function isMirrored(forward: Json, backward: Json, keras3: boolean): boolean {
  const { zero_output_for_mask: _, ...config } = asObject(backward.config, 'the configuration of a layer')
  const text = (layer: Json) => {
    const translated = translateLayer(layer, keras3)
    return JSON.stringify({
      ...translated,
      name: '',
      config: { ...(translated.config as Json), name: '', go_backwards: '' }
    })
  }
  return text(forward) === text({ ...backward, config })
}
