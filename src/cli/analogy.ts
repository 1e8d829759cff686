import { Command } from 'commander'
import { printNeighbors } from './nearest.ts'
import { modelOption, whole } from './options.ts'

/** `tensair analogy A B C`: a line `word⇥cosine` for each answer, best first. */
export function analogy(): Command {
  return new Command('analogy')
    .description('answers "A is to B as C is to …": man king woman')
    .argument('<a>')
    .argument('<b>')
    .argument('<c>')
    .addOption(modelOption())
    .option('-k, --count <words>', 'how many answers', whole(1, 10_000), 10)
    .action(async (a: string, b: string, c: string, { model, count }: { model: string; count: number }) => {
      const { askModel } = await import('./saved-model.ts')
      printNeighbors(await askModel(model, words => words.analogy(a, b, c, count)))
    })
}
