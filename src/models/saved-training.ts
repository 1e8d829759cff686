import { ones, type Tensor, zeros } from '@tensorflow/tfjs-core'
import type { LayersModel, LayerVariable, layers } from '@tensorflow/tfjs-layers'

type Layer = layers.Layer

/** Where TensorFlow.js's batch normalisation keeps its factor and its offset. */
interface Normalization {
  scale: boolean
  center: boolean
  gamma: Pick<LayerVariable, 'read'> | null
  beta: Pick<LayerVariable, 'read'> | null
  movingMean: LayerVariable
}

/**
 * Makes layers behave in training as Keras has it and TensorFlow.js leaves out: batch normalisation that is frozen uses and keeps
 * its statistics; it may be without factor or offset (TensorFlow.js fails); and what Keras 2 called with `training=False` goes on so.
 */
export function keepTrainingRules(model: LayersModel): void {
  for (const layer of model.layers) {
    if ('layers' in layer) keepTrainingRules(layer as unknown as LayersModel)
    if (layer.getClassName() === 'BatchNormalization') {
      const normalization = layer as unknown as Normalization
      const shape = normalization.movingMean.shape as [number]
      // Not among the layer's weights: only what training reads.
      if (!normalization.scale) normalization.gamma = { read: () => ones(shape) }
      if (!normalization.center) normalization.beta = { read: () => zeros(shape) }
      const { scale, center } = normalization
      // A model that is frozen as a whole tells its layers' weights only.
      trainOnlyIf(layer, () => layer.trainable && (layer.trainableWeights.length > 0 || !(scale || center)))
    }
    if (layer.inboundNodes.some(({ callArgs }) => callArgs?.training === false))
      trainOnlyIf(layer, () => false)
  }
}

function trainOnlyIf(layer: Layer, mayTrain: () => boolean): void {
  const call = layer.call.bind(layer)
  layer.call = (inputs: Tensor | Tensor[], kwargs) =>
    call(inputs, mayTrain() ? kwargs : { ...kwargs, training: false })
}
