import { type Tensor, tensor } from '@tensorflow/tfjs-core'
import { SavedModelError } from './saved-source.ts'

/** An HDF5 file, open: groups and data sets by their paths. */
export interface Hdf5 {
  /** A text, or list of texts, that is an attribute of the group; undefined where it has none. */
  attribute(path: string, name: string): string | readonly string[] | undefined
  /** The names in a group; none where there is no such group. */
  names(path: string): string[]
  /**
   * The values of a data set.
   * @throws SavedModelError where it is not there, or not of floating-point numbers.
   */
  tensor(path: string): Tensor
}

let opened = 0

/**
 * Opens the bytes of an HDF5 file while `read` runs. h5wasm, 4 MB, is loaded at the first call.
 * @throws SavedModelError where the file is cut off or damaged.
 */
export async function readingHdf5<Result>(bytes: Uint8Array, read: (file: Hdf5) => Result): Promise<Result> {
  const { File, Group, Dataset, ready } = await import('h5wasm')
  const module = await ready
  // What goes wrong is otherwise printed, a page of it, and nothing thrown.
  module.activate_throwing_error_handler()
  const path = `/saved-model-${++opened}.h5`
  module.FS.writeFile(path, bytes)
  try {
    const file = new File(path, 'r')
    try {
      return read({
        attribute(path, name) {
          const entity = file.get(path)
          const value = entity instanceof Group ? entity.attrs[name]?.value : undefined
          return typeof value === 'string' || isTexts(value) ? value : undefined
        },
        names(path) {
          const entity = file.get(path)
          return entity instanceof Group ? entity.keys() : []
        },
        tensor(path) {
          const entity = file.get(path)
          if (!(entity instanceof Dataset)) throw new SavedModelError(`there is no data set ${path}`)
          const { value, shape } = entity
          if (!(value instanceof Float32Array || value instanceof Float64Array) || shape === null) {
            throw new SavedModelError(`data set ${path} is of type ${String(entity.dtype)}; float32 wanted`)
          }
          return tensor(Float32Array.from(value), shape)
        }
      })
    } finally {
      file.close()
    }
  } catch (cause) {
    throw cause instanceof Error && cause.message.startsWith('HDF5-DIAG') ? damaged(cause) : cause
  } finally {
    module.FS.unlink(path)
  }
}

/** Of HDF5's stack of messages the innermost tells what is wrong. */
function damaged(cause: Error): SavedModelError {
  const reasons = [...cause.message.matchAll(/^\s*#\d+:.*?\(\): (.*)$/gm)].map(([, reason]) => reason)
  return new SavedModelError(`the HDF5 file is cut off or damaged (${reasons.at(-1)})`, { cause })
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}
