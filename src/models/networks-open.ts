import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Store } from '../types.ts'
import { networkFrom } from './layers-network.ts'
import type { LayersReplica } from './layers-replica.ts'
import { readState } from './layers-state.ts'
import { type ImageShape, newNetwork } from './networks.ts'
import { withNewHead } from './networks-head.ts'
import type { NetworkName } from './networks-names.ts'
import { checkNetwork, freezeLayers } from './networks-tuning.ts'
import { loadLayersModel } from './saved-model.ts'
import type { SavedSource } from './saved-source.ts'
import { layersSafetensors, saveLayersModel } from './saved-write.ts'

/** Where a network for images comes from. */
export type NetworkChoice<Source extends SavedSource = SavedSource> =
  /** A new one, whose first weights follow from the seed. */
  | { readonly name: NetworkName; readonly seed: number }
  /** One that TensorFlow.js or Keras has saved, some of whose layers are not to be trained. */
  | {
      readonly saved: Source
      readonly file: string
      readonly frozen: readonly string[]
      /** Gives it a new last layer, whose first weights follow from this seed. */
      readonly newHead?: number | undefined
    }

/**
 * Opens a network that takes such images and gives the probabilities of so many classes. TensorFlow.js must be open.
 *
 * @throws RangeError, in one line, where it takes or gives something else; SavedModelError where it cannot be read.
 */
export async function openNetwork(
  choice: NetworkChoice,
  shape: ImageShape,
  classes: number
): Promise<LayersModel> {
  if ('name' in choice) return newNetwork(choice.name, shape, classes, choice.seed)
  let model = await loadLayersModel(choice.saved, choice.file)
  try {
    if (choice.newHead !== undefined) model = withNewHead(model, classes, choice.newHead)
    checkNetwork(model, shape, classes)
    freezeLayers(model, choice.frozen)
    return model
  } catch (error) {
    model.dispose()
    throw error
  }
}

/**
 * Saves what a replica has learned: its checkpoint, and the network as TensorFlow.js has it (`model.json`, `weights.bin`) and as
 * `model.safetensors`. TensorFlow.js must be open.
 */
export async function saveNetwork(replica: Pick<LayersReplica, 'save'>, store: Store): Promise<void> {
  await replica.save(store)
  const model = networkFrom((await readState(store)).network)
  try {
    await saveLayersModel(model, store)
    await store.write('model.safetensors', layersSafetensors(model))
  } finally {
    model.dispose()
  }
}
