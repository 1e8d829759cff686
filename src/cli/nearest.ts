import { Command } from 'commander'
import type { Neighbor } from '../models/word-space.ts'
import { modelOption, whole } from './options.ts'

/** `tensair nearest WORD`: a line `word⇥cosine` for each neighbour, best first. */
export function nearest(): Command {
  return new Command('nearest')
    .description('prints the words nearest to a word, with their cosine')
    .argument('<word>', 'a word of the model')
    .addOption(modelOption())
    .option('-k, --count <words>', 'how many', whole(1, 10_000), 10)
    .action(async (word: string, { model, count }: { model: string; count: number }) => {
      const { askModel } = await import('./saved-model.ts')
      printNeighbors(await askModel(model, words => words.nearest(word, count)))
    })
}

/** Writes a line `word⇥cosine` for each. */
export function printNeighbors(neighbors: readonly Neighbor[]): void {
  for (const { word, score } of neighbors) console.log(`${word}\t${score.toFixed(4)}`)
}
