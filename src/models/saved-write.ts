import type { io } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Store } from '../types.ts'
import { encodeSafetensors, type TensorSource } from './safetensors.ts'
import { RESET_AFTER_GRU } from './saved-gru.ts'

const MODEL = 'model.json'
const WEIGHTS = 'weights.bin'

/**
 * Writes a network as TensorFlow.js does: `weights.bin`, then `model.json`, which Keras's converter reads too. The optimiser's
 * state is left aside.
 * @throws Error where two weights have the same name, since a file tells weights by their names.
 */
export async function saveLayersModel(model: LayersModel, store: Pick<Store, 'write'>): Promise<void> {
  refuseSameNames(model)
  await model.save({
    async save({ weightData, weightSpecs, modelTopology, format, generatedBy }: io.ModelArtifacts) {
      const json = {
        format,
        generatedBy,
        convertedBy: null,
        modelTopology: withKerasNames(modelTopology),
        weightsManifest: [{ paths: [WEIGHTS], weights: weightSpecs }]
      }
      const parts = [weightData ?? []].flat().map(buffer => new Uint8Array(buffer))
      await store.write(WEIGHTS, parts)
      await store.write(MODEL, [new TextEncoder().encode(JSON.stringify(json))])
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' as const } }
    }
  })
}

/**
 * Yields a network's weights as a safetensors file, under the names they have in the network; one weight is in memory at a time.
 * @throws Error where two weights have the same name.
 */
export function layersSafetensors(
  model: LayersModel,
  metadata: Readonly<Record<string, string>> = {}
): AsyncGenerator<Uint8Array> {
  refuseSameNames(model)
  const tensors: Record<string, TensorSource> = {}
  for (const weight of model.weights) {
    tensors[weight.originalName] = {
      dtype: 'F32',
      shape: weight.shape as number[],
      async *parts() {
        yield await weight.read().data()
      }
    }
  }
  return encodeSafetensors(tensors, metadata)
}

/** @throws Error where two weights have the same name. */
export function refuseSameNames(model: LayersModel): void {
  const seen = new Set<string>()
  for (const { originalName } of model.weights) {
    if (seen.has(originalName)) {
      throw new Error(
        `${model.name}: two weights are named ${originalName}; give the layers names of their own`
      )
    }
    seen.add(originalName)
  }
}

/** For others it is a GRU whose `reset_after` is true. */
function withKerasNames(topology: unknown): object {
  return JSON.parse(JSON.stringify(topology), (key, value: unknown) =>
    key === 'class_name' && value === RESET_AFTER_GRU ? 'GRU' : value
  )
}
