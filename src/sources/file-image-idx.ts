// The files of MNIST and Fashion-MNIST: http://yann.lecun.com/exdb/mnist, "THE IDX FILE FORMAT".

import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { unreadableImages } from './file-image-classes.ts'
import { type ImageSet, imageSet, MissingPartError } from './images.ts'
import { reasonOf, SourceError } from './source-error.ts'

export interface IdxOptions {
  readonly part: 'train' | 'test'
  readonly classes: readonly string[] | undefined
}

/** `train-images-idx3-ubyte` or `t10k-labels.idx1-ubyte.gz`, say. */
const IDX_NAME = /^(train|t10k|test)-(images|labels)[-.]idx[13]-ubyte(\.gz)?$/
/** Most bytes of a file, unpacked: it is held in memory. */
const MOST_BYTES = 2 ** 30
/** Fashion-MNIST's own names, which its files do not hold. */
const FASHION = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot'
]
const DIGITS = Array.from({ length: 10 }, (_, digit) => String(digit))

/** Whether a file is one of a set in the IDX format, by its name. */
export function isIdxName(name: string): boolean {
  return IDX_NAME.test(name)
}

/**
 * Grey images and their labels in two IDX files of one folder, plain or gzipped. They are held in memory: 47 MB for MNIST. Without
 * `classes` there are ten, the digits; Fashion-MNIST is known by the name of its folder.
 *
 * @throws MissingPartError where both files are missing; SourceError where one is, is broken off or is no IDX file, or there are not
 * as many labels as images.
 */
export async function idxImages(
  folder: string,
  names: readonly string[],
  options: IdxOptions
): Promise<ImageSet> {
  const images = await readIdx(fileOf(folder, names, options.part, 'images'), 3)
  const labels = await readIdx(fileOf(folder, names, options.part, 'labels'), 1)
  const [length = 0, height = 0, width = 0] = images.sizes
  if (labels.sizes[0] !== length) {
    throw new SourceError(
      `images: ${labels.path}: wanted a label for each of the ${length} images of ${images.path}; got ${labels.sizes[0]}; get both again`
    )
  }
  if (length * height * width === 0) {
    throw new SourceError(
      `images: ${images.path}: wanted images; got ${images.sizes.join(' · ')} pixels; get it again`
    )
  }
  const classes = options.classes ?? (/fashion/i.test(basename(folder)) ? FASHION : DIGITS)
  const bytes = height * width
  return imageSet({
    classes,
    height,
    width,
    channels: 1,
    length,
    read: async places =>
      Array.from(places, place => {
        const label = labels.values[place]
        const name = `${basename(images.path)} image ${place}`
        const pixels = images.values.subarray(place * bytes, (place + 1) * bytes)
        return { pixels, height, width, channels: 1, label, name }
      })
  })
}

function fileOf(
  folder: string,
  names: readonly string[],
  part: 'train' | 'test',
  of: 'images' | 'labels'
): string {
  const inPart = names.filter(name => {
    const [, prefix] = IDX_NAME.exec(name) ?? []
    return prefix !== undefined && (prefix === 'train') === (part === 'train')
  })
  // Sorted, a plain file comes before its gzipped copy.
  const [name] = inPart.filter(name => IDX_NAME.exec(name)?.[2] === of).sort()
  if (name !== undefined) return join(folder, name)
  const wanted = `${part === 'train' ? 'train' : 't10k'}-${of}-idx${of === 'images' ? 3 : 1}-ubyte`
  const message = `images: ${folder}: wanted ${wanted} or ${wanted}.gz; got neither; put it there`
  throw inPart.length === 0 ? new MissingPartError(message) : new SourceError(message)
}

interface Idx {
  readonly path: string
  readonly sizes: readonly number[]
  readonly values: Uint8Array
}

/** Big-endian: 0, 0, 8 for unsigned bytes, the number of dimensions; each dimension's size as u32; the values. */
async function readIdx(path: string, dimensions: 1 | 3): Promise<Idx> {
  const bytes = await unpacked(path)
  const head = 4 + 4 * dimensions
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < head || view.getUint32(0) !== 0x0800 + dimensions) {
    const first = Array.from(bytes.subarray(0, 4), byte => byte.toString(16).padStart(2, '0')).join(' ')
    throw new SourceError(
      `images: ${path}: wanted an IDX file of bytes, beginning 00 00 08 0${dimensions}; got ${first || 'nothing'}; get it again`
    )
  }
  const sizes = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i))
  const wanted = head + sizes.reduce((all, size) => all * size, 1)
  if (bytes.length !== wanted) {
    throw new SourceError(
      `images: ${path}: wanted ${wanted} bytes for ${sizes.join(' · ')}, as its header says; got ${bytes.length}; get it again`
    )
  }
  return { path, sizes, values: bytes.subarray(head) }
}

async function unpacked(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch(error => {
    throw unreadableImages(path, error)
  })
  if (!(bytes[0] === 0x1f && bytes[1] === 0x8b)) return bytes
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: MOST_BYTES })
  } catch (error) {
    throw new SourceError(`images: ${path} cannot be unpacked (${reasonOf(error)}); get it again`, {
      cause: error
    })
  }
}
