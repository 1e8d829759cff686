import type { serialization } from '@tensorflow/tfjs-core'
import type { LayersModel, LayerVariable, layers, Shape } from '@tensorflow/tfjs-layers'
import { drawSeeds } from './layers-seed.ts'

type Layer = layers.Layer

/** What a layer's constructor is too. */
interface LayerClass {
  fromConfig(made: LayerClass, configuration: serialization.ConfigDict): Layer
}

/** Weights that training moves along with the batches and not by gradients: means and variances of batch normalisation. */
export function statisticsOf(model: LayersModel): LayerVariable[] {
  return leaves(model).flatMap(layer => (layer.trainable ? layer.nonTrainableWeights : []))
}

/** Draws the weights of the last layer that trains anew, as its initialisers say, from a seed. */
export function resetHead(model: LayersModel, seed: number): void {
  const head = leaves(model).findLast(({ trainableWeights }) => trainableWeights.length > 0)
  if (head === undefined) throw new Error('internal: no layer trains')
  const configuration = head.getConfig()
  drawSeeds(configuration, seed)
  const made = head.constructor as unknown as LayerClass
  const fresh = made.fromConfig(made, configuration)
  fresh.build(head.inboundNodes[0].inputShapes[0] as Shape)
  head.setWeights(fresh.getWeights())
  for (const weight of fresh.weights) weight.dispose()
}

/** The layers that have weights of their own; of a frozen model none trains. */
function leaves(model: LayersModel): Layer[] {
  if (!model.trainable) return []
  return model.layers.flatMap(layer =>
    'layers' in layer ? leaves(layer as unknown as LayersModel) : [layer]
  )
}
