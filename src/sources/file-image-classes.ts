// Which images and classes are in folders of images.

import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MissingPartError } from './images.ts'
import { reasonOf, SourceError } from './source-error.ts'

/** A file and the place of its class. */
export interface ImageFile {
  readonly name: string
  readonly label: number
}

export interface ImageFiles {
  /** Names of the folders, sorted. */
  readonly classes: readonly string[]
  /** Class by class, sorted by name. */
  readonly files: readonly ImageFile[]
  /** Those of which the first says what size all must have: where there are images for training, these. */
  readonly sized: readonly ImageFile[]
}

/**
 * The images in folders named after their classes, below `train` and `test` or, which is all for training, right in `root`. JPEG
 * and PNG files count, by their names, and nothing in folders below the classes'.
 *
 * @throws MissingPartError where there is no such part; SourceError where there are no classes, one has no images, or `train` and
 * `test` have other classes.
 */
export async function imageFiles(root: string, part: 'train' | 'test'): Promise<ImageFiles> {
  const folder = await partOf(root, part)
  const classes = await foldersIn(folder)
  if (classes.length === 0) {
    throw new SourceError(
      `images: ${folder}: wanted a folder of images for each class, or the files of MNIST or CIFAR-10; got neither; give another folder`
    )
  }
  const files = await filesOf(folder, classes)
  const trained = part === 'test' && (await foldersIn(root)).includes('train')
  return { classes, files, sized: trained ? await filesOf(join(root, 'train'), classes) : files }
}

async function filesOf(folder: string, classes: readonly string[]): Promise<ImageFile[]> {
  const files: ImageFile[] = []
  for (const [label, one] of classes.entries()) {
    const path = join(folder, one)
    const names = (await entriesOf(path)).map(({ name }) => name)
    const images = names.filter(name => /^[^.].*\.(jpe?g|png)$/i.test(name)).sort()
    if (images.length === 0) {
      throw new SourceError(
        `images: ${path}: wanted .jpg, .jpeg or .png files; got none; put some there or remove the class`
      )
    }
    for (const name of images) files.push({ name: join(path, name), label })
  }
  return files
}

async function partOf(root: string, part: 'train' | 'test'): Promise<string> {
  const folders = await foldersIn(root)
  const [train, test] = [folders.includes('train'), folders.includes('test')]
  if (!train && !test && part === 'train') return root
  if (!folders.includes(part)) {
    throw new MissingPartError(
      `images: ${root}: wanted a folder ${part}; got none; put folders of images for each class into ${join(root, part)}`
    )
  }
  if (train && test) await checkSameClasses(root)
  return join(root, part)
}

async function checkSameClasses(root: string): Promise<void> {
  const [train, test] = [await foldersIn(join(root, 'train')), await foldersIn(join(root, 'test'))]
  const differing = [
    ...train.filter(name => !test.includes(name)).map(name => `${name} only in train`),
    ...test.filter(name => !train.includes(name)).map(name => `${name} only in test`)
  ]
  if (differing.length === 0) return
  const more = differing.length > 3 ? ` and ${differing.length - 3} more` : ''
  throw new SourceError(
    `images: ${root}: wanted the same classes in train and test; got ${differing.slice(0, 3).join(', ')}${more}; rename or remove folders`
  )
}

/** The names of the folders in one, links to folders included, sorted; those that begin with a dot are left out. */
async function foldersIn(path: string): Promise<string[]> {
  const folders: string[] = []
  for (const entry of await entriesOf(path)) {
    const { name } = entry
    if (!name.startsWith('.') && (await isFolder(join(path, name), entry))) folders.push(name)
  }
  return folders.sort()
}

async function isFolder(path: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory()
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false
}

async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true })
  } catch (error) {
    throw unreadableImages(path, error)
  }
}

/** What the system says against reading a path, in one line. */
export function unreadableImages(path: string, cause: unknown): SourceError {
  return new SourceError(
    `images: ${path} cannot be read (${reasonOf(cause)}); check its name and permissions, or give another`,
    { cause }
  )
}
