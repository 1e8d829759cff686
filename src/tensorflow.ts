// What a program with a TensorFlow.js network imports beside src/index.ts; apart from that, since it loads TensorFlow.js.

export {
  openTensorflow,
  openTensorflowWebGpu,
  type Tensorflow,
  type TensorflowOptions
} from '../kernels/tensorflow.ts'
export { type ExampleImage, type ExamplesOptions, examplesOf } from './models/image-examples.ts'
export { type LayersOptions, type LayersReplica, layersModel } from './models/layers.ts'
export { type Example, type ExampleChunk, exampleChunk } from './models/layers-batch.ts'
export { seeded } from './models/layers-seed.ts'
export type { LayersLoss, LayersOptimizer } from './models/layers-trainer.ts'
export { loadGraphModel } from './models/saved-graph.ts'
export { loadLayersModel } from './models/saved-model.ts'
export { SavedModelError, type SavedSource } from './models/saved-source.ts'
export { layersSafetensors, saveLayersModel } from './models/saved-write.ts'
