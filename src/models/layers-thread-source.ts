import type { LayersModel } from '@tensorflow/tfjs-layers'
import { networkState } from './layers-network.ts'
import type { LayersTraining } from './layers-replica.ts'
import type { NetworkSource } from './layers-thread-service.ts'
import { isObject } from './saved-json.ts'
import { readFile, readingModel, type SavedSource } from './saved-source.ts'

/** A model that TensorFlow.js or Keras has saved, as `loadLayersModel` reads it. */
export interface SavedModel {
  readonly source: SavedSource
  /** The file. Default `model.json`. */
  readonly name?: string
}

/** All that another thread needs to have the network. @throws SavedModelError where a file is missing. */
export async function networkSource(
  model: LayersModel | SavedModel,
  training: LayersTraining
): Promise<NetworkSource> {
  if (!('source' in model)) return { kind: 'network', network: await networkState(model), training }
  const { source, name = 'model.json' } = model
  const files = await readingModel(source, name, async bytes => {
    // Copies, since they move to the thread and a store may have given its own.
    const files = new Map([[name, bytes.slice()]])
    for (const path of shardsOf(bytes)) files.set(path, (await readFile(source, path)).slice())
    return files
  })
  const place = typeof source === 'function' ? undefined : source.place
  return { kind: 'files', place, name, files, training }
}

/** The files that a model.json names; none where it is another kind of file, or damaged, which the thread will tell. */
function shardsOf(bytes: Uint8Array): string[] {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return []
  }
  if (!isObject(json) || !Array.isArray(json.weightsManifest)) return []
  return json.weightsManifest.flatMap(group =>
    isObject(group) && Array.isArray(group.paths) ? group.paths.filter(path => typeof path === 'string') : []
  )
}
