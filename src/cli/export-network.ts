import { basename, dirname, join } from 'node:path'
import { fileStore } from '../sinks/file-store.ts'
import { UsageError } from './exit.ts'
import { type NetworkFile, readNetwork } from './saved-network.ts'

/** What a network can be written as, and where it goes unless told otherwise. */
export const NETWORK_FORMATS: Readonly<Record<string, string>> = {
  tfjs: 'tfjs',
  safetensors: 'network.safetensors'
}

/**
 * Writes a saved network, and gives a line of what is where.
 * @throws UsageError where it cannot be read, or not be written so.
 */
export async function exportNetwork(file: NetworkFile, format = 'tfjs', output?: string): Promise<string> {
  const usual = NETWORK_FORMATS[format]
  if (usual === undefined) {
    throw new UsageError(
      `export: ${file.path} is a network, which goes to ${Object.keys(NETWORK_FORMATS).join(' or ')}; got ${format}`
    )
  }
  if (file.kind === 'graph') {
    throw new UsageError(
      `export: ${file.path} is a graph model, whose layers are gone; export what it was made of`
    )
  }
  const { layersSafetensors, saveLayersModel } = await import('../models/saved-write.ts')
  const { openTensorflow } = await import('../../kernels/tensorflow.ts')
  await openTensorflow({ threads: 1 })
  const model = await readNetwork(file)
  if (!('layers' in model)) throw new Error('internal: a layers model wanted')
  const target = output ?? usual
  if (format === 'tfjs') await saveLayersModel(model, fileStore(target))
  else await fileStore(dirname(target)).write(basename(target), layersSafetensors(model))
  return `${model.weights.length} weights in ${format === 'tfjs' ? join(target, 'model.json') : target}`
}
