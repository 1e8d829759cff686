import { type layers as Layers, layers } from '@tensorflow/tfjs-layers'
import { convolution, greatest } from './float64.ts'
import {
  batchNormalization,
  beside,
  biased,
  bothWays,
  byRow,
  type Definition,
  dense,
  each,
  elu,
  enlarged,
  gruCell,
  layerNormalization,
  lstmCell,
  maxima,
  mean,
  means,
  overPlaces,
  padded,
  permuted,
  recurrent,
  relu,
  same,
  separableConvolution,
  sigmoid,
  simpleCell,
  softmax,
  together,
  transposedConvolution,
  upright,
  valid
} from './layer-definitions.ts'

export interface LayerCase {
  readonly name: string
  readonly make: () => Layers.Layer
  /** Of one example, for each input. */
  readonly shapes: readonly (readonly number[])[]
  /** In float64; a layer that draws at random has none. */
  readonly definition?: Definition
  /** Whether the `cpu` backend has the right gradient. Default true. */
  readonly plainGradient?: boolean
}

const image = [4, 6, 3]
const sequence = [5, 3]
const row = [7]

export const layerCases: readonly LayerCase[] = [
  {
    name: 'dense',
    make: () => layers.dense({ units: 5, activation: 'relu' }),
    shapes: [row],
    definition: ([x], [kernel, bias]) => dense(x, kernel, bias).map(relu)
  },
  {
    name: 'conv1d',
    make: () => layers.conv1d({ filters: 4, kernelSize: 3, strides: 2 }),
    shapes: [[9, 3]],
    definition: ([x], [kernel, bias]) => {
      const filter = { shape: [3, 1, 3, 4], values: kernel.values }
      return biased(convolution(upright(x), filter, valid(upright(x), [3, 1], [2, 1])), bias)
    }
  },
  {
    name: 'conv2d',
    make: () => layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'elu' }),
    shapes: [image],
    definition: ([x], [kernel, bias]) =>
      biased(convolution(x, kernel, { strides: [1, 1], before: [1, 1], out: [4, 6] }), bias).map(elu)
  },
  {
    name: 'conv2dTranspose',
    make: () => layers.conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2 }),
    shapes: [image],
    definition: transposedConvolution
  },
  {
    name: 'depthwiseConv2d',
    make: () => layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }),
    shapes: [image],
    definition: ([x], [kernel, bias]) => biased(convolution(x, kernel, valid(x, [3, 3], [1, 1]), true), bias)
  },
  {
    name: 'separableConv2d',
    make: () => layers.separableConv2d({ filters: 4, kernelSize: 2 }),
    shapes: [image],
    definition: separableConvolution
  },
  {
    name: 'maxPooling2d',
    make: () => layers.maxPooling2d({ poolSize: 2 }),
    shapes: [image],
    definition: maxima
  },
  {
    name: 'maxPooling1d',
    make: () => layers.maxPooling1d({ poolSize: 2 }),
    shapes: [[6, 3]],
    definition: ([x]) => greatest(upright(x), [2, 1], valid(upright(x), [2, 1], [2, 1]))
  },
  {
    name: 'averagePooling2d',
    make: () => layers.averagePooling2d({ poolSize: 2, padding: 'same' }),
    shapes: [image],
    definition: means
  },
  {
    name: 'globalAveragePooling2d',
    make: () => layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
    shapes: [image],
    definition: overPlaces(mean)
  },
  {
    name: 'globalMaxPooling2d',
    make: () => layers.globalMaxPooling2d({ dataFormat: 'channelsLast' }),
    shapes: [image],
    definition: overPlaces(values => Math.max(...values))
  },
  {
    name: 'batchNormalization',
    make: () => layers.batchNormalization(),
    shapes: [image],
    definition: batchNormalization
  },
  {
    name: 'layerNormalization',
    make: () => layers.layerNormalization(),
    shapes: [row],
    definition: layerNormalization
  },
  { name: 'dropout', make: () => layers.dropout({ rate: 0.3, seed: 5 }), shapes: [[40]] },
  { name: 'flatten', make: () => layers.flatten(), shapes: [image], definition: same },
  {
    name: 'reshape',
    make: () => layers.reshape({ targetShape: [12, 6] }),
    shapes: [image],
    definition: same
  },
  {
    name: 'permute',
    make: () => layers.permute({ dims: [2, 1, 3] }),
    shapes: [image],
    definition: permuted
  },
  {
    name: 'repeatVector',
    make: () => layers.repeatVector({ n: 3 }),
    shapes: [row],
    definition: ([x]) => byRow(x.values, 7, values => [...values, ...values, ...values])
  },
  {
    name: 'lstm',
    make: () => layers.lstm({ units: 4, returnSequences: true }),
    shapes: [sequence],
    definition: recurrent(lstmCell, 2, 4, true)
  },
  {
    name: 'gru',
    make: () => layers.gru({ units: 4 }),
    shapes: [sequence],
    definition: recurrent(gruCell, 1, 4, false)
  },
  {
    name: 'simpleRNN',
    make: () => layers.simpleRNN({ units: 4 }),
    shapes: [sequence],
    definition: recurrent(simpleCell, 1, 4, false)
  },
  {
    name: 'bidirectional',
    make: () => layers.bidirectional({ layer: layers.gru({ units: 3 }), mergeMode: 'concat' }),
    shapes: [sequence],
    definition: bothWays
  },
  {
    name: 'timeDistributed',
    make: () => layers.timeDistributed({ layer: layers.dense({ units: 3 }) }),
    shapes: [sequence],
    definition: ([x], [kernel, bias]) => dense(x, kernel, bias)
  },
  { name: 'elu', make: () => layers.elu(), shapes: [row], definition: each(elu) },
  { name: 'reLU', make: () => layers.reLU(), shapes: [row], definition: each(relu) },
  {
    name: 'leakyReLU',
    make: () => layers.leakyReLU({ alpha: 0.2 }),
    shapes: [row],
    definition: each(value => Math.max(value, 0.2 * value))
  },
  {
    name: 'prelu',
    make: () => layers.prelu(),
    shapes: [row],
    definition: ([x], [alpha]) =>
      x.values.map((value, i) => (value > 0 ? value : alpha.values[i % 7] * value))
  },
  { name: 'softmax', make: () => layers.softmax(), shapes: [row], definition: softmax },
  {
    name: 'activation',
    make: () => layers.activation({ activation: 'swish' }),
    shapes: [row],
    definition: each(value => value * sigmoid(value))
  },
  { name: 'add', make: () => layers.add(), shapes: [row, row], definition: together((a, b) => a + b) },
  {
    name: 'multiply',
    make: () => layers.multiply(),
    shapes: [row, row],
    definition: together((a, b) => a * b)
  },
  {
    name: 'average',
    make: () => layers.average(),
    shapes: [row, row],
    definition: together((a, b) => (a + b) / 2)
  },
  { name: 'maximum', make: () => layers.maximum(), shapes: [row, row], definition: together(Math.max) },
  {
    name: 'concatenate',
    make: () => layers.concatenate(),
    shapes: [row, row],
    definition: ([a, b]) => beside(7, a.values, b.values, a.shape[0])
  },
  {
    name: 'dot',
    make: () => layers.dot({ axes: 1 }),
    shapes: [row, row],
    definition: ([a, b]) =>
      byRow(together((one, other) => one * other)([a, b], []), 7, values => [values.reduce((x, y) => x + y)])
  },
  {
    name: 'zeroPadding2d',
    make: () => layers.zeroPadding2d({ padding: 2 }),
    shapes: [image],
    definition: padded
  },
  {
    name: 'upSampling2d',
    make: () => layers.upSampling2d({ size: [2, 2] }),
    shapes: [image],
    definition: enlarged,
    plainGradient: false
  }
]
