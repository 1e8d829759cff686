import type { io } from '@tensorflow/tfjs-core'
import { asObject, asObjects, asText, isObject, isShape, type Json } from './saved-json.ts'
import { readFile, SavedModelError, type SavedSource } from './saved-source.ts'

// model.json of TensorFlow.js: { format, modelTopology, weightsManifest: [{ paths, weights: [{ name, shape, dtype, quantization? }] }], … }.
// The files of `paths`, one after the other, are the values of `weights`, back to back.

/** A model.json and its weights, as TensorFlow.js's own loaders want them. */
export interface SavedArtifacts extends io.ModelArtifacts {
  readonly format: 'layers-model' | 'graph-model'
  readonly modelTopology: Json
  readonly weightSpecs: io.WeightsManifestEntry[]
  readonly weightData: ArrayBuffer
}

const BYTES_OF: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  complex64: 8,
  float16: 2,
  uint16: 2,
  uint8: 1
}

/**
 * Reads the weights that a model.json names.
 * @throws SavedModelError where a shard is missing, has not the size that its weights need, or is of an unknown type.
 */
export async function readManifest(model: Json, source: SavedSource): Promise<SavedArtifacts> {
  const modelTopology = asObject(model.modelTopology, 'modelTopology')
  const groups = asObjects(model.weightsManifest ?? [], 'weightsManifest')
  const weightSpecs: io.WeightsManifestEntry[] = []
  const parts: Uint8Array[] = []
  for (const group of groups) {
    const specs = asObjects(group.weights, 'weights of the manifest').map(specOf)
    const paths = Array.isArray(group.paths) ? group.paths.map(path => asText(path, 'a shard')) : []
    const shards: Uint8Array[] = []
    for (const path of paths) shards.push(await readFile(source, path))
    const wanted = specs.reduce((sum, spec) => sum + bytesOf(spec), 0)
    const got = shards.reduce((sum, shard) => sum + shard.length, 0)
    if (wanted !== got) {
      throw new SavedModelError(
        `the weights of ${paths.join(', ')} need ${wanted} bytes, the files have ${got}`
      )
    }
    weightSpecs.push(...specs)
    parts.push(...shards)
  }
  return {
    format: model.format === 'graph-model' ? 'graph-model' : 'layers-model',
    modelTopology,
    weightSpecs,
    weightData: await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer(),
    ...(isObject(model.signature) ? { signature: model.signature } : {})
  }
}

function specOf(entry: Json): io.WeightsManifestEntry {
  const name = asText(entry.name, 'the name of a weight')
  const { dtype, shape, quantization } = entry
  if (!isShape(shape)) {
    throw new SavedModelError(`weight ${name} has the shape ${JSON.stringify(shape)}`)
  }
  const stored = isObject(quantization) ? quantization.dtype : dtype
  for (const type of [dtype, stored]) {
    if (typeof type !== 'string' || !Object.hasOwn(BYTES_OF, type)) {
      throw new SavedModelError(`weight ${name} is of the unknown type ${JSON.stringify(type)}`)
    }
  }
  return { ...entry, name, shape } as unknown as io.WeightsManifestEntry
}

function bytesOf({ shape, dtype, quantization }: io.WeightsManifestEntry): number {
  const stored = quantization?.dtype ?? dtype
  return shape.reduce((product, size) => product * size, BYTES_OF[stored] ?? 0)
}
