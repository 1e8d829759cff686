import type { GraphModel } from '@tensorflow/tfjs-converter'
import { parseObject } from './saved-json.ts'
import { readManifest } from './saved-manifest.ts'
import { readingModel, SavedModelError, type SavedSource } from './saved-source.ts'

/**
 * Reads a graph model of TensorFlow.js, as its converter makes it of a SavedModel: it predicts, and cannot be trained. It is read
 * whole into memory.
 *
 * @param name The file. Default `model.json`.
 * @throws SavedModelError, one line that begins with the file, where it cannot be read.
 */
export async function loadGraphModel(source: SavedSource, name = 'model.json'): Promise<GraphModel> {
  return readingModel(source, name, async bytes => {
    const json = parseObject(bytes, 'the file')
    if (json.format !== 'graph-model') {
      throw new SavedModelError('not a graph model; open it with loadLayersModel')
    }
    const artifacts = await readManifest(json, source)
    const { loadGraphModel } = await import('@tensorflow/tfjs-converter')
    return loadGraphModel({ load: async () => artifacts })
  })
}
