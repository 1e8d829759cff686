// CIFAR-10 as its makers give it out in binary: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".

import { type FileHandle, open, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { unreadableImages } from './file-image-classes.ts'
import { type ImageSet, imageSet, MissingPartError, type NamedImage } from './images.ts'
import { SourceError } from './source-error.ts'

const SIDE = 32
const PLANE = SIDE * SIDE
/** A label, then the red, the green and the blue plane. */
const RECORD = 1 + 3 * PLANE
const NAMES = {
  train: /^data_batch_\d+\.bin$/,
  test: /^test_batch\.bin$/
}
const CLASSES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']

/** Whether a file is one of CIFAR-10's batches, by its name. */
export function isCifarName(name: string): boolean {
  return NAMES.train.test(name) || NAMES.test.test(name)
}

interface CifarBatch {
  readonly path: string
  /** Places of its first record and of the one after its last. */
  readonly first: number
  readonly end: number
}

/**
 * The images of CIFAR-10's binary batches in one folder, of which at least one must be there; read record by record, so that none is
 * held in memory. The classes are those of `batches.meta.txt`, or CIFAR-10's own without that.
 *
 * @throws MissingPartError where there is no batch of the part; SourceError where one is broken off.
 */
export async function cifarImages(
  folder: string,
  names: readonly string[],
  part: 'train' | 'test'
): Promise<ImageSet> {
  const batches = await batchesOf(folder, names, part)
  const classes = names.includes('batches.meta.txt')
    ? await classesOf(join(folder, 'batches.meta.txt'))
    : CLASSES
  return imageSet({
    classes,
    height: SIDE,
    width: SIDE,
    channels: 3,
    length: batches.at(-1)?.end ?? 0,
    async read(places) {
      const images: NamedImage[] = new Array(places.length)
      for (const batch of batches) {
        const mine = [...places.keys()].filter(i => places[i] >= batch.first && places[i] < batch.end)
        if (mine.length === 0) continue
        const handle = await open(batch.path).catch(error => {
          throw unreadableImages(batch.path, error)
        })
        try {
          const read = mine.map(async i => {
            images[i] = await imageAt(handle, batch, places[i] - batch.first)
          })
          // A handle is not closed under a read.
          for (const one of await Promise.allSettled(read)) if (one.status === 'rejected') throw one.reason
        } finally {
          await handle.close()
        }
      }
      return images
    }
  })
}

async function imageAt(handle: FileHandle, batch: CifarBatch, index: number): Promise<NamedImage> {
  const name = `${basename(batch.path)} image ${index}`
  const record = new Uint8Array(RECORD)
  const { bytesRead } = await handle.read(record, 0, RECORD, index * RECORD).catch(error => {
    throw unreadableImages(batch.path, error)
  })
  if (bytesRead < RECORD) throw brokenOff(batch.path, index * RECORD + bytesRead)
  const label = record[0]
  const pixels = new Uint8Array(3 * PLANE)
  for (let i = 0; i < PLANE; i++) {
    pixels[3 * i] = record[1 + i]
    pixels[3 * i + 1] = record[1 + PLANE + i]
    pixels[3 * i + 2] = record[1 + 2 * PLANE + i]
  }
  return { pixels, height: SIDE, width: SIDE, channels: 3, label, name }
}

async function batchesOf(
  folder: string,
  names: readonly string[],
  part: 'train' | 'test'
): Promise<CifarBatch[]> {
  const batches: CifarBatch[] = []
  let first = 0
  for (const name of names.filter(name => NAMES[part].test(name)).sort(byNumber)) {
    const path = join(folder, name)
    const { size } = await stat(path).catch(error => {
      throw unreadableImages(path, error)
    })
    if (size === 0 || size % RECORD !== 0) throw brokenOff(path, size)
    batches.push({ path, first, end: first + size / RECORD })
    first += size / RECORD
  }
  if (batches.length > 0) return batches
  const wanted = part === 'train' ? 'data_batch_1.bin and so on' : 'test_batch.bin'
  throw new MissingPartError(
    `images: ${folder}: wanted ${wanted}; got none; put CIFAR-10's binary version there`
  )
}

const byNumber = new Intl.Collator('en', { numeric: true }).compare

async function classesOf(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(error => {
    throw unreadableImages(path, error)
  })
  const classes = text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
  if (classes.length > 0) return classes
  throw new SourceError(
    `images: ${path}: wanted the name of a class in each line; got none; get it again, or remove it`
  )
}

function brokenOff(path: string, size: number): SourceError {
  return new SourceError(
    `images: ${path}: wanted records of ${RECORD} bytes; got ${size} bytes, no multiple of that; get it again`
  )
}
