import { readdir } from 'node:fs/promises'
import { cifarImages, isCifarName } from './file-image-cifar.ts'
import { unreadableImages } from './file-image-classes.ts'
import { imageFolder } from './file-image-folder.ts'
import { idxImages, isIdxName } from './file-image-idx.ts'
import type { ImageSet } from './images.ts'
import { SourceError } from './source-error.ts'

export interface OpenImagesOptions {
  /** Images to train with, or those kept back to test with. Default `train`. */
  readonly part?: 'train' | 'test'
  /** For IDX files, which have no names: the classes' names. Default: the ten digits, or Fashion-MNIST's where the folder is called so. */
  readonly classes?: readonly string[]
  /** For a folder of images: 1 makes all grey, 3 all red, green, blue. Default: what the first image has. */
  readonly channels?: 1 | 3
  /** For a folder of images: bytes of decoded images that are kept for the next pass. Default 256 MiB. */
  readonly keepBytes?: number
}

/**
 * Opens a folder of images, by what is in it: the IDX files of MNIST or Fashion-MNIST, gzipped or not; CIFAR-10's binary batches; or
 * JPEG and PNG images in folders named after their classes, below `train` and `test` or not (then they are all for training).
 *
 * Alpha is left out, of 16 bits the upper 8 are kept, and how EXIF data say a JPEG is to be turned is not looked at.
 *
 * @throws RangeError for options out of range; MissingPartError where the folder has no such part; SourceError, in one line, where it
 * cannot be used as a whole.
 */
export async function openImages(path: string, options: OpenImagesOptions = {}): Promise<ImageSet> {
  const { part = 'train', classes, channels, keepBytes = 256 * 1024 * 1024 } = options
  if (part !== 'train' && part !== 'test') {
    throw new RangeError(`images: part must be train or test; got ${part}`)
  }
  if (channels !== undefined && channels !== 1 && channels !== 3) {
    throw new RangeError(`images: channels must be 1 or 3; got ${channels}`)
  }
  if (!(keepBytes >= 0))
    throw new RangeError(`images: keepBytes must be a number, at least 0; got ${keepBytes}`)
  if (classes !== undefined && !(classes.length > 0 && classes.length <= 256)) {
    throw new RangeError(`images: classes must be 1 to 256 names; got ${classes.length}`)
  }
  const names = await namesIn(path)
  if (names.some(isIdxName)) return idxImages(path, names, { part, classes })
  if (names.some(isCifarName)) return cifarImages(path, names, part)
  return imageFolder(path, { part, channels, keepBytes })
}

async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    const file = error instanceof Error && 'code' in error && error.code === 'ENOTDIR'
    if (!file) throw unreadableImages(path, error)
    throw new SourceError(
      `images: ${path}: wanted a folder; got a file; unpack an archive first, or give the file's folder`
    )
  }
}
