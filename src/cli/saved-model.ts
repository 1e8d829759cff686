import { readFile, stat } from 'node:fs/promises'
import { type Device, openDevice } from '../../kernels/index.ts'
import { CheckpointError } from '../models/checkpoint.ts'
import { openWordModel, type WordModel } from '../models/word-model.ts'
import { UnknownWordError } from '../models/word-space.ts'
import { readWordVectors } from '../models/word2vec-state.ts'
import { fileStore } from '../sinks/file-store.ts'
import { readWord2VecFormat, WordVectorsError } from '../sources/word2vec-format.ts'
import type { WordVectors } from '../types.ts'
import { UsageError } from './exit.ts'

/**
 * Reads the vectors of a model that `start` or `demo` has saved, or of a file in one of the word2vec formats.
 * @throws UsageError where there is none, or it is damaged
 */
export async function savedVectors(model: string): Promise<WordVectors> {
  try {
    const isFile = await stat(model).then(
      found => found.isFile(),
      () => false
    )
    return isFile ? readWord2VecFormat(await readFile(model), model) : await readWordVectors(fileStore(model))
  } catch (error) {
    const isBroken = error instanceof CheckpointError || error instanceof WordVectorsError
    if (isBroken) throw new UsageError(error.message, { cause: error })
    throw error
  }
}

/**
 * Opens a saved model, asks it, and closes it.
 * @throws UsageError where there is none, or it does not know a word
 */
export async function askModel<Answer>(
  saved: string,
  ask: (model: WordModel, device: Device, vectors: WordVectors) => Promise<Answer>
): Promise<Answer> {
  const vectors = await savedVectors(saved)
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
