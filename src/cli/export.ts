import { basename, dirname } from 'node:path'
import { Command, Option } from 'commander'
import { wordVectorsSafetensors } from '../models/word-vectors.ts'
import { fileStore } from '../sinks/file-store.ts'
import { projectorMetadata, projectorVectors } from '../sinks/projector.ts'
import { word2vecBinary } from '../sinks/word2vec-binary.ts'
import { word2vecText } from '../sinks/word2vec-text.ts'
import type { WordVectors } from '../types.ts'
import { UsageError } from './exit.ts'
import { modelOption, unlessGiven } from './options.ts'

type Parts = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

interface Format {
  /** Where the vectors go unless told otherwise. */
  readonly output: string
  /** The files to write for an output path. */
  files(vectors: WordVectors, output: string): readonly (readonly [path: string, parts: Parts])[]
}

const FORMATS: Readonly<Record<string, Format>> = {
  text: { output: 'vectors.txt', files: (vectors, output) => [[output, word2vecText(vectors)]] },
  binary: { output: 'vectors.bin', files: (vectors, output) => [[output, word2vecBinary(vectors)]] },
  safetensors: {
    output: 'vectors.safetensors',
    files: (vectors, output) => [[output, wordVectorsSafetensors(vectors)]]
  },
  projector: {
    output: 'projector',
    files: (vectors, output) => [
      [`${output}/vectors.tsv`, projectorVectors(vectors)],
      [`${output}/metadata.tsv`, projectorMetadata(vectors)]
    ]
  }
}

/** `tensair export`: a model's vectors in a format that other programs read. */
export function exportModel(): Command {
  const defaults = Object.entries(FORMATS).map(([name, { output }]) => `${output} for ${name}`)
  return new Command('export')
    .summary('writes the vectors for other programs')
    .description(
      'writes the vectors for other programs: text and binary (word2vec, gensim), safetensors, or projector ' +
        '(a folder with the two TSVs of the TensorFlow Projector)'
    )
    .addOption(modelOption())
    .addOption(new Option('--format <name>', 'what to write').choices(Object.keys(FORMATS)).default('text'))
    .addOption(unlessGiven('--output <path>', 'where to', defaults.join(', ')))
    .action(async ({ model, format, output }: { model: string; format: string; output?: string }) => {
      const wanted = FORMATS[format]
      if (wanted === undefined) throw new UsageError(`export: no format ${format}`)
      const { savedVectors } = await import('./saved-model.ts')
      const vectors = await savedVectors(model)
      const files = wanted.files(vectors, output ?? wanted.output)
      for (const [path, parts] of files) await fileStore(dirname(path)).write(basename(path), parts)
      console.error(
        `${vectors.words.length} vectors of ${vectors.dim} values in ${files.map(([path]) => path).join(', ')}`
      )
    })
}
