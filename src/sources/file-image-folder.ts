import { readFile } from 'node:fs/promises'
import { type ImageFile, imageFiles, unreadableImages } from './file-image-classes.ts'
import { decodeImage, headerOf, type ImageForm } from './file-image-decode.ts'
import { type ImageProblem, type ImageSet, imageSet, type NamedImage } from './images.ts'
import { SourceError } from './source-error.ts'

export interface ImageFolderOptions {
  readonly part: 'train' | 'test'
  readonly channels: 1 | 3 | undefined
  readonly keepBytes: number
}

/** Files that are read at once. */
const AT_ONCE = 32
/** Images that are tried for the size of all. */
const TRIED = 100

/**
 * Images in folders named after their classes. The first that can be read, of those for training if there are any, says which size all
 * must have.
 *
 * @throws MissingPartError where there is no such part; SourceError where there are no classes or no images, or `train` and `test` have
 * other classes.
 */
export async function imageFolder(root: string, options: ImageFolderOptions): Promise<ImageSet> {
  const { classes, files, sized } = await imageFiles(root, options.part)
  const form = await formOf(sized, options.channels)
  const { height, width, channels } = form
  const kept = new KeptImages(options.keepBytes)

  async function opened(place: number): Promise<NamedImage | ImageProblem> {
    const { name, label } = files[place]
    try {
      const pixels = await decodeImage(await bytesOf(name), name, form)
      const image = { pixels, height, width, channels, label, name }
      kept.add(place, image)
      return image
    } catch (error) {
      if (error instanceof SourceError) return { name, error }
      throw error
    }
  }

  return imageSet({
    classes,
    height,
    width,
    channels,
    length: files.length,
    async read(places) {
      const images: (NamedImage | ImageProblem)[] = []
      for (let first = 0; first < places.length; first += AT_ONCE) {
        const some = [...places.subarray(first, first + AT_ONCE)]
        images.push(...(await Promise.all(some.map(place => kept.at(place) ?? opened(place)))))
      }
      return images
    }
  })
}

/** Decoded images, while there is room: to decode one takes longer than all else that is done to it before it is trained. */
class KeptImages {
  readonly #images = new Map<number, NamedImage>()
  #room: number

  constructor(bytes: number) {
    this.#room = bytes
  }

  at(place: number): NamedImage | undefined {
    return this.#images.get(place)
  }

  add(place: number, image: NamedImage): void {
    if (image.pixels.length > this.#room || this.#images.has(place)) return
    this.#room -= image.pixels.length
    this.#images.set(place, image)
  }
}

async function formOf(files: readonly ImageFile[], channels: 1 | 3 | undefined): Promise<ImageForm> {
  const tried = files.slice(0, TRIED)
  let problem: SourceError | undefined
  for (const { name } of tried) {
    try {
      const bytes = await bytesOf(name)
      const { width, height, grey } = headerOf(bytes, name)
      const form = { width, height, channels: channels ?? (grey ? 1 : 3), as: name } as const
      await decodeImage(bytes, name, form)
      return form
    } catch (error) {
      if (!(error instanceof SourceError)) throw error
      problem ??= error
    }
  }
  throw new SourceError(`${problem?.message} (none of the first ${tried.length} images can be read)`, {
    cause: problem
  })
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    throw unreadableImages(path, error)
  }
}
