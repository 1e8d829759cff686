import { initializers, type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers'
import { mix } from './mix.ts'
import type { NetworkName } from './networks-names.ts'

/** The sizes of the images that a network sees. */
export interface ImageShape {
  readonly height: number
  readonly width: number
  /** 1 for grey, 3 for colour. */
  readonly channels: number
}

type Layer = layers.Layer

/** Gives each layer that asks, in turn, first weights of its own. */
type Draw = () => { readonly kernelInitializer: ReturnType<typeof initializers.glorotUniform> }

/** Layers between the image and the layer that gives the classes. Weights are counted with ten classes. */
const networks = {
  /** That of TensorFlow's tutorial for CIFAR-10: 122,570 weights for images of 32 · 32 · 3. */
  tutorial: draw => [
    convolution('conv1', 32, draw),
    pool('pool1'),
    convolution('conv2', 64, draw),
    pool('pool2'),
    convolution('conv3', 64, draw),
    layers.flatten({ name: 'flatten' }),
    dense('dense1', 64, draw)
  ],
  /** For digits and other small grey images: 56,714 weights for 28 · 28 · 1. */
  small: draw => [
    convolution('conv1', 16, draw),
    pool('pool1'),
    convolution('conv2', 32, draw),
    pool('pool2'),
    layers.flatten({ name: 'flatten' }),
    dense('dense1', 64, draw)
  ],
  /** With batch normalisation: 95,210 weights for images of three channels, of any size from 4 · 4. */
  normalized: draw => [
    ...block(1, 32, draw),
    pool('pool1'),
    ...block(2, 64, draw),
    pool('pool2'),
    ...block(3, 128, draw),
    layers.globalAveragePooling2d({ name: 'mean' })
  ],
  /** No convolution: 101,770 weights for 28 · 28 · 1. */
  mlp: draw => [layers.flatten({ name: 'flatten' }), dense('dense1', 128, draw)]
} satisfies Record<NetworkName, (draw: Draw) => Layer[]>

/**
 * Makes a network that gives the probability of each class for an image, [height, width, channels] → [classes]. Its first weights
 * follow from `seed`. TensorFlow.js must be open.
 *
 * @throws RangeError where the images are too small for it.
 */
export function newNetwork(
  name: NetworkName,
  { height, width, channels }: ImageShape,
  classes: number,
  seed: number
): LayersModel {
  let drawn = mix(seed)
  const draw: Draw = () => {
    drawn = mix(drawn + 0x9e3779b9)
    return { kernelInitializer: initializers.glorotUniform({ seed: drawn }) }
  }
  const network = sequential({ name })
  network.add(layers.inputLayer({ inputShape: [height, width, channels], name: 'image' }))
  for (const layer of networks[name](draw)) {
    network.add(layer)
    if (network.outputs[0].shape.every(size => size === null || size > 0)) continue
    network.dispose()
    throw new RangeError(`networks: ${name} wants larger images; got ${height} · ${width} · ${channels}`)
  }
  network.add(layers.dense({ name: 'classes', units: classes, activation: 'softmax', ...draw() }))
  return network
}

function convolution(name: string, filters: number, draw: Draw): Layer {
  return layers.conv2d({ name, filters, kernelSize: 3, activation: 'relu', ...draw() })
}

/** A convolution that keeps the size, normalised before its activation. */
function block(number: number, filters: number, draw: Draw): Layer[] {
  return [
    layers.conv2d({
      name: `conv${number}`,
      filters,
      kernelSize: 3,
      padding: 'same',
      useBias: false,
      ...draw()
    }),
    // The default of 0.99 wants some hundred steps before the statistics are those of the images.
    layers.batchNormalization({ name: `norm${number}`, momentum: 0.9 }),
    layers.activation({ name: `relu${number}`, activation: 'relu' })
  ]
}

function pool(name: string): Layer {
  return layers.maxPooling2d({ name, poolSize: 2 })
}

function dense(name: string, units: number, draw: Draw): Layer {
  return layers.dense({ name, units, activation: 'relu', ...draw() })
}
