import { serialization } from '@tensorflow/tfjs-core'
import { isObject, type Json } from './saved-json.ts'
import { SavedModelError } from './saved-source.ts'

/** The activations that are the same functions in both; so is `silu`, as `swish`, and `hard_sigmoid` of Keras 2. */
const ACTIVATIONS = [
  'elu',
  'gelu',
  'linear',
  'log_softmax',
  'mish',
  'relu',
  'relu6',
  'selu',
  'sigmoid',
  'softmax',
  'softplus',
  'softsign',
  'swish',
  'tanh'
]

/** The types that TensorFlow.js computes in, for Keras's; of mixed ones that of the weights. */
const TYPES: Readonly<Record<string, string>> = {
  float32: 'float32',
  mixed_bfloat16: 'float32',
  mixed_float16: 'float32',
  bool: 'bool',
  int8: 'int32',
  int16: 'int32',
  int32: 'int32',
  int64: 'int32',
  uint8: 'int32',
  uint16: 'int32'
}

/**
 * An option's value as TensorFlow.js wants it; `layer` names whose it is.
 * @throws SavedModelError where it has no such activation, regulariser or constraint.
 */
export function translateOption(option: string, value: unknown, layer: string, keras3: boolean): unknown {
  if (value === null) return null
  if (option.endsWith('activation')) return activation(value, layer, keras3)
  if (option.endsWith('_initializer')) return initializer(value)
  if (option.endsWith('_regularizer')) return regularizer(value, layer)
  if (option.endsWith('_constraint')) {
    const name = isObject(value) ? value.class_name : value
    throw new SavedModelError(
      `${layer} has the constraint ${name}, which TensorFlow.js does not keep to in training`
    )
  }
  if (value === 'causal') {
    throw new SavedModelError(`${layer} has ${option} "causal", which TensorFlow.js does not have`)
  }
  // Keras 3 may have the state of a generator here.
  if (option === 'seed') return typeof value === 'number' ? value : null
  return value
}

/** @throws SavedModelError where TensorFlow.js does not compute in that type. */
export function translateType(dtype: unknown, layer: string): string {
  const name = isObject(dtype) && isObject(dtype.config) ? dtype.config.name : dtype
  const type = typeof name === 'string' && Object.hasOwn(TYPES, name) ? TYPES[name] : undefined
  if (type === undefined) {
    throw new SavedModelError(
      `${layer} computes in ${JSON.stringify(name)}, which TensorFlow.js does not have`
    )
  }
  return type
}

function activation(value: unknown, layer: string, keras3: boolean): string {
  const name = isObject(value) ? (value.config ?? value.class_name) : value
  if (name === 'silu') return 'swish'
  if (typeof name === 'string' && (ACTIVATIONS.includes(name) || (name === 'hard_sigmoid' && !keras3))) {
    return name
  }
  const why = name === 'hard_sigmoid' ? ' as Keras 3 has it' : ''
  throw new SavedModelError(
    `${layer} has the activation ${JSON.stringify(name)}, which TensorFlow.js does not have${why}`
  )
}

/** What weights would begin with: they are in the file, so it matters only to who starts afresh. */
function initializer(value: unknown): unknown {
  if (!isObject(value)) return value
  const name = String(value.class_name)
    .replace(/^Lecun/, 'LeCun')
    .replace(/Initializer$/, '')
  const config = { ...(value.config as Json), seed: null }
  return isKnown(name)
    ? { class_name: name, config }
    : { class_name: 'GlorotUniform', config: { seed: null } }
}

function regularizer(value: unknown, layer: string): Json {
  const { class_name: name, config } = isObject(value) ? value : { class_name: value, config: {} }
  const { l1 = 0, l2 = 0 } = isObject(config) ? config : {}
  if (name === 'L1' || name === 'L2' || name === 'L1L2') return { class_name: 'L1L2', config: { l1, l2 } }
  throw new SavedModelError(`${layer} has the regulariser ${JSON.stringify(name)}; L1, L2 and L1L2 are known`)
}

function isKnown(className: string): boolean {
  return Object.hasOwn(serialization.SerializationMap.getMap().classNameMap, className)
}
