import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Command } from 'commander'
import type { Device } from '../../kernels/index.ts'
import { evaluateAnalogies, evaluateWordPairs } from '../models/evaluate.ts'
import type { WordVectors } from '../types.ts'
import { describe, UsageError } from './exit.ts'
import { modelOption } from './options.ts'
import { table } from './table.ts'

/** `tensair eval`: a table of how well the vectors agree with people, a row for each file of a folder. */
export function evaluate(): Command {
  return new Command('eval')
    .summary('compares the vectors with human judgement')
    .description(
      'compares the vectors with human judgement: each .txt file of a folder is a list of word pairs with scores ' +
        '(WS-353, SimLex-999) or of analogies in sections (Google)'
    )
    .addOption(modelOption())
    .option('--wordsets <folder>', 'folder of the files', 'wordsets')
    .action(async ({ model, wordsets }: { model: string; wordsets: string }) => {
      const files = await filesOf(wordsets)
      const { askModel } = await import('./saved-model.ts')
      const rows = await askModel(model, async (_, device, vectors) => {
        const results: string[][] = []
        for (const file of files) results.push(...(await evaluateFile(device, vectors, file)))
        return results
      })
      console.log(table([['set', 'measure', 'value', 'known', 'unknown'], ...rows], [2, 3, 4]))
    })
}

async function filesOf(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(cause => {
    throw new UsageError(`eval: no folder ${folder}; give --wordsets FOLDER`, { cause })
  })
  const files = names.filter(name => name.endsWith('.txt')).sort()
  if (files.length === 0) throw new UsageError(`eval: no .txt file in ${folder}; give --wordsets FOLDER`)
  return files.map(name => join(folder, name))
}

async function evaluateFile(device: Device, vectors: WordVectors, file: string): Promise<string[][]> {
  const name = basename(file, '.txt')
  const text = await readFile(file, 'utf8')
  try {
    if (!/^:/m.test(text)) {
      const { rho, known, unknown } = evaluateWordPairs(vectors, text)
      return [[name, 'Spearman', rho.toFixed(4), String(known), String(unknown)]]
    }
    const { semantic, syntactic, unknown } = await evaluateAnalogies(device, vectors, text)
    return Object.entries({ semantic, syntactic }).map(([part, { correct, asked }]) => [
      name,
      `${part}, correct`,
      asked === 0 ? '-' : `${correct} (${((100 * correct) / asked).toFixed(1)} %)`,
      String(asked),
      part === 'syntactic' ? String(unknown) : ''
    ])
  } catch (error) {
    throw new UsageError(`eval: ${file}: ${describe(error)}`, { cause: error })
  }
}
