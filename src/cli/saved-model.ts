import { type Device, openDevice } from '../../kernels/index.ts'
import { CheckpointError } from '../models/checkpoint.ts'
import { openWordModel, type WordModel } from '../models/word-model.ts'
import { UnknownWordError } from '../models/word-space.ts'
import { readWordVectors } from '../models/word2vec-state.ts'
import { fileStore } from '../sinks/file-store.ts'
import type { WordVectors } from '../types.ts'
import { UsageError } from './exit.ts'

/**
 * Reads the vectors of a model that `start` or `demo` has saved.
 * @throws UsageError where there is none, or it is damaged
 */
export async function savedVectors(folder: string): Promise<WordVectors> {
  try {
    return await readWordVectors(fileStore(folder))
  } catch (error) {
    if (error instanceof CheckpointError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}

/**
 * Opens a saved model, asks it, and closes it.
 * @throws UsageError where there is none, or it does not know a word
 */
export async function askModel<Answer>(
  folder: string,
  ask: (model: WordModel, device: Device, vectors: WordVectors) => Promise<Answer>
): Promise<Answer> {
  const vectors = await savedVectors(folder)
  // One pass over the vectors is over before a GPU, or a second thread, would have started.
  const { device } = await openDevice('wasm', { threads: 1 })
  try {
    return await ask(await openWordModel(device, vectors), device, vectors)
  } catch (error) {
    if (error instanceof UnknownWordError) throw new UsageError(error.message, { cause: error })
    throw error
  } finally {
    await device.close()
  }
}
