// The layers that Keras and TensorFlow.js both know, with those of their options that TensorFlow.js honours, in Keras's spelling.
// An option that is not here must have no effect, or the layer is refused: TensorFlow.js passes over what it does not know.

const BIAS = ['use_bias', 'bias_initializer', 'bias_regularizer', 'bias_constraint']
const KERNEL = ['kernel_initializer', 'kernel_regularizer', 'kernel_constraint']
const DEPTHWISE = [
  'depth_multiplier',
  'depthwise_initializer',
  'depthwise_regularizer',
  'depthwise_constraint'
]
const POINTWISE = ['pointwise_initializer', 'pointwise_regularizer', 'pointwise_constraint']
const WINDOW = ['kernel_size', 'strides', 'padding', 'activation', ...BIAS]
const POOL = ['pool_size', 'strides', 'padding']
const RECURRENT = [
  'units',
  'activation',
  ...KERNEL,
  'recurrent_initializer',
  'recurrent_regularizer',
  'recurrent_constraint',
  ...BIAS,
  'dropout',
  'recurrent_dropout',
  'return_sequences',
  'return_state',
  'go_backwards',
  'stateful',
  'unroll'
]
const GATED = [...RECURRENT, 'recurrent_activation']
const AFFINE = ['beta_initializer', 'gamma_initializer', 'beta_regularizer', 'gamma_regularizer']

/** For each class the options that are passed on. */
export const KERAS_LAYERS: Readonly<Record<string, readonly string[]>> = {
  InputLayer: ['sparse'],

  Dense: ['units', 'activation', ...KERNEL, ...BIAS],
  Embedding: [
    'input_dim',
    'output_dim',
    'mask_zero',
    'embeddings_initializer',
    'embeddings_regularizer',
    'embeddings_constraint'
  ],
  Conv1D: ['filters', 'dilation_rate', ...WINDOW, ...KERNEL],
  Conv2D: ['filters', 'dilation_rate', ...WINDOW, ...KERNEL],
  Conv3D: ['filters', ...WINDOW, ...KERNEL],
  Conv2DTranspose: ['filters', ...WINDOW, ...KERNEL],
  DepthwiseConv2D: [...WINDOW, ...DEPTHWISE],
  SeparableConv2D: ['filters', 'dilation_rate', ...WINDOW, ...DEPTHWISE, ...POINTWISE],

  MaxPooling1D: POOL,
  MaxPooling2D: [...POOL],
  MaxPooling3D: POOL,
  AveragePooling1D: POOL,
  AveragePooling2D: [...POOL],
  AveragePooling3D: POOL,
  GlobalAveragePooling1D: [],
  GlobalAveragePooling2D: [],
  GlobalMaxPooling1D: [],
  GlobalMaxPooling2D: [],
  UpSampling2D: ['size'],
  ZeroPadding2D: ['padding'],
  Cropping2D: ['cropping'],

  SimpleRNN: RECURRENT,
  GRU: [...GATED, 'reset_after'],
  LSTM: [...GATED, 'unit_forget_bias'],
  Bidirectional: ['layer', 'merge_mode'],
  TimeDistributed: ['layer'],

  BatchNormalization: [
    'axis',
    'momentum',
    'epsilon',
    'center',
    'scale',
    'moving_mean_initializer',
    'moving_variance_initializer',
    ...AFFINE,
    'beta_constraint',
    'gamma_constraint'
  ],
  LayerNormalization: ['axis', 'epsilon', 'center', 'scale', ...AFFINE],

  Activation: ['activation'],
  ReLU: ['max_value'],
  LeakyReLU: ['alpha'],
  PReLU: ['alpha_initializer', 'alpha_regularizer', 'alpha_constraint', 'shared_axes'],
  ELU: ['alpha'],
  ThresholdedReLU: ['theta'],
  Softmax: ['axis'],

  Add: [],
  Multiply: [],
  Average: [],
  Maximum: [],
  Minimum: [],
  Concatenate: ['axis'],
  Dot: ['axes', 'normalize'],

  Flatten: [],
  Reshape: ['target_shape'],
  Permute: ['dims'],
  RepeatVector: ['n'],
  Masking: ['mask_value'],
  Rescaling: ['scale', 'offset'],

  Dropout: ['rate', 'noise_shape', 'seed'],
  SpatialDropout1D: ['rate', 'seed'],
  GaussianNoise: ['stddev'],
  GaussianDropout: ['rate'],
  AlphaDropout: ['rate', 'noise_shape']
}

/** Options that change nothing that is computed here, whatever they are. */
const WITHOUT_EFFECT = [
  'batch_input_shape',
  'implementation',
  'input_length',
  'optional',
  'renorm_momentum',
  'seed',
  'synchronized',
  'use_cudnn'
]

/** What options must be that TensorFlow.js does not have, where that is not null, false, 0 or 1 throughout. */
const ONLY: Readonly<Record<string, string>> = { data_format: 'channels_last', interpolation: 'nearest' }

/** Whether leaving the option out changes nothing. */
export function hasNoEffect(option: string, value: unknown): boolean {
  if (WITHOUT_EFFECT.includes(option) || value === null || value === false) return true
  if (option.endsWith('_initializer')) return true
  if (option in ONLY) return value === ONLY[option]
  if (option === 'dilation_rate' || option === 'groups') return [value].flat().every(rate => rate === 1)
  return value === 0
}
