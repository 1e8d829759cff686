import type { LayersModel } from '@tensorflow/tfjs-layers'
import { isKerasTopology, translateKeras } from './keras-network.ts'
import { isObject, type Json, parseObject } from './saved-json.ts'
import { readManifest } from './saved-manifest.ts'
import { buildNetwork } from './saved-network.ts'
import { readingModel, SavedModelError, type SavedSource } from './saved-source.ts'
import { keepTrainingRules } from './saved-training.ts'
import { filled, putNamedWeights } from './saved-weights.ts'

/**
 * Reads a network that TensorFlow.js or Keras has saved: a `model.json` with the files it names, a `.keras` file, or Keras's
 * older `.h5` file; which of them, its first bytes tell. It is read whole into memory. It is not compiled, and the optimiser's
 * state is left aside. An `.h5` file has no checksums, and HDF5 may go round for ever in one that was tampered with; a `.keras`
 * file is checked.
 *
 * @param name The file. Default `model.json`.
 * @throws SavedModelError, one line that begins with the file and names the layer or the weight, where it cannot be read.
 */
export async function loadLayersModel(source: SavedSource, name = 'model.json'): Promise<LayersModel> {
  return readingModel(source, name, async bytes => {
    const model = await loaded(bytes, source)
    keepTrainingRules(model)
    return model
  })
}

async function loaded(bytes: Uint8Array<ArrayBuffer>, source: SavedSource): Promise<LayersModel> {
  if (beginsWith(bytes, 'PK')) {
    const { loadKerasArchive } = await import('./keras-archive.ts')
    return loadKerasArchive(bytes)
  }
  if (beginsWith(bytes, '\x89HDF')) {
    const { loadKerasH5 } = await import('./keras-h5.ts')
    return loadKerasH5(bytes)
  }
  if (!/^\s*\{/.test(new TextDecoder().decode(bytes.subarray(0, 64)))) {
    throw new SavedModelError('neither a model.json nor a .keras nor an .h5 file')
  }
  return loadJson(parseObject(bytes, 'the file'), source)
}

async function loadJson(json: Json, source: SavedSource): Promise<LayersModel> {
  if (json.format === 'graph-model') {
    throw new SavedModelError('a graph model, which can only predict; open it with loadGraphModel')
  }
  const artifacts = await readManifest(json, source)
  const saved = artifacts.modelTopology
  const topology = isObject(saved.model_config) ? { ...saved, ...saved.model_config } : saved
  const model = buildNetwork(isKerasTopology(topology) ? translateKeras(topology) : topology)
  return filled(model, () => putNamedWeights(model, artifacts))
}

function beginsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((character, i) => bytes[i] === character.charCodeAt(0))
}
