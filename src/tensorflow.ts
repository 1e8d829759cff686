// What a program with a TensorFlow.js network imports beside src/index.ts; apart from that, since it loads TensorFlow.js.

export {
  openTensorflow,
  openTensorflowWebGpu,
  type Tensorflow,
  type TensorflowOptions
} from '../kernels/tensorflow.ts'
export { type ExampleImage, type ExamplesOptions, examplesOf } from './models/image-examples.ts'
export { type LayersOptions, type LayersReplica, type LayersResume, layersModel } from './models/layers.ts'
export { type Example, type ExampleChunk, exampleChunk } from './models/layers-batch.ts'
export type { LayersOptimizer } from './models/layers-optimizer.ts'
export type {
  BadExamples,
  LayersInput,
  LayersLoss,
  LayersProgress,
  LayersTraining,
  SharedNetwork
} from './models/layers-replica.ts'
export { seeded } from './models/layers-seed.ts'
export {
  type LayersThreadOptions,
  type LayersThreadResume,
  layersInThread,
  type SavedModel
} from './models/layers-thread.ts'
export { type ImageShape, newNetwork } from './models/networks.ts'
export { type NetworkName, networkNames } from './models/networks-names.ts'
export { checkNetwork, freezeLayers } from './models/networks-tuning.ts'
export { loadGraphModel } from './models/saved-graph.ts'
export { loadLayersModel } from './models/saved-model.ts'
export { SavedModelError, type SavedSource } from './models/saved-source.ts'
export { layersSafetensors, saveLayersModel } from './models/saved-write.ts'
export { constantRate, cosineRate, type RateSchedule, stepDecay, warmedUp } from './models/schedule.ts'
export { type Network, type ServedNetwork, servedNetwork } from './serving/network.ts'
