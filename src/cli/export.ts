import { basename, dirname } from 'node:path'
import { Command } from 'commander'
import { wordVectorsSafetensors } from '../models/word-vectors.ts'
import { fileStore } from '../sinks/file-store.ts'
import { projectorMetadata, projectorVectors } from '../sinks/projector.ts'
import { word2vecBinary } from '../sinks/word2vec-binary.ts'
import { word2vecText } from '../sinks/word2vec-text.ts'
import type { WordVectors } from '../types.ts'
import { UsageError } from './exit.ts'
import { exportNetwork, NETWORK_FORMATS } from './export-network.ts'
import { DEFAULT_MODEL, unlessGiven } from './options.ts'
import { findNetwork } from './saved-network.ts'

type Parts = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

interface Format {
  /** Where the vectors go unless told otherwise. */
  readonly output: string
  /** The files to write for an output path. */
  files(vectors: WordVectors, output: string): readonly (readonly [path: string, parts: Parts])[]
}

interface ExportOptions {
  readonly model?: string
  readonly format?: string
  readonly output?: string
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

/** `tensair export`: a model in a format that other programs read. */
export function exportModel(): Command {
  const outputs = Object.entries(FORMATS).map(([name, { output }]) => `${output} for ${name}`)
  const networks = Object.entries(NETWORK_FORMATS).map(([name, output]) => `${output} for ${name}`)
  return new Command('export')
    .summary('writes vectors or a network for other programs')
    .description(
      'writes a model for other programs. Vectors: text and binary (word2vec, gensim), safetensors, or projector ' +
        '(a folder with the two TSVs of the TensorFlow Projector). A network (.keras, .h5 or model.json): tfjs ' +
        '(a folder with the model.json and weights of TensorFlow.js), or safetensors'
    )
    .argument('[model]', 'the same as --model')
    .addOption(
      unlessGiven(
        '--model <path>',
        'folder of a model that start or demo has saved, a file of vectors (word2vec text or binary), or a saved network',
        DEFAULT_MODEL
      )
    )
    .addOption(
      unlessGiven('--to, --format <name>', 'what to write', 'text for vectors, tfjs for networks').choices([
        ...new Set([...Object.keys(FORMATS), ...Object.keys(NETWORK_FORMATS)])
      ])
    )
    .addOption(
      unlessGiven('--output <path>', 'where to', `${outputs.join(', ')}; of networks ${networks.join(', ')}`)
    )
    .action(async (named: string | undefined, { model, format, output }: ExportOptions) => {
      if (named !== undefined && model !== undefined)
        throw new UsageError(`export: ${named} and --model ${model} exclude each other`)
      const path = named ?? model ?? DEFAULT_MODEL
      const network = await findNetwork(path)
      console.error(
        network === undefined
          ? await exportVectors(path, format, output)
          : await exportNetwork(network, format, output)
      )
    })
}

/** Writes the vectors of a model, and gives a line of what is where. */
async function exportVectors(model: string, format = 'text', output?: string): Promise<string> {
  const wanted = FORMATS[format]
  if (wanted === undefined) {
    throw new UsageError(
      `export: ${model} is no network; vectors go to ${Object.keys(FORMATS).join(', ')}; got ${format}`
    )
  }
  const { savedVectors } = await import('./saved-model.ts')
  const vectors = await savedVectors(model)
  const files = wanted.files(vectors, output ?? wanted.output)
  for (const [path, parts] of files) await fileStore(dirname(path)).write(basename(path), parts)
  return `${vectors.words.length} vectors of ${vectors.dim} values in ${files.map(([path]) => path).join(', ')}`
}
