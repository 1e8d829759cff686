import type { EndEvent } from '../jobs/events.ts'
import type { Pair } from './demo-pair.ts'
import { mergeEnds } from './demo-progress.ts'
import { askModel } from './saved-model.ts'
import { bytes, count, duration, table } from './table.ts'

const WORDS = ['president', 'army', 'school', 'france', 'music', 'gold']
const NEIGHBORS = 6

/** What the demo has come to, for people: what was trained, that both peers hold the same, and what the model in `output` knows. */
export async function summary({ ends, foundBy }: Pair, output: string): Promise<string> {
  const all = mergeEnds(ends)
  const facts = [
    ['what', 'value'],
    ['words', count(all.runWords)],
    ['words/s', count(all.wordsPerSecond)],
    ['time', duration(all.seconds)],
    ['loss', all.loss?.toFixed(3) ?? '-'],
    ['vocabulary', all.vocabulary.toLocaleString('en-US')],
    ['exchanged', bytes(all.swarm?.bytesOut ?? 0)],
    ['found by', foundBy === 'mDNS' ? 'mDNS' : 'an address (no multicast here)']
  ]
  const peers = [
    ['peer', 'words', 'hash of the shared model'],
    ...ends.map((end, index) => [`${index + 1}`, count(end.runWords), end.sharedHash ?? '-'])
  ]
  const neighbors = [['word', 'nearest words'], ...(await neighborsIn(output))]
  return [
    '',
    table(facts),
    '',
    `${table(peers, [1])}\n${verdict(all)}`,
    '',
    table(neighbors),
    '',
    `ask it: npx tensair nearest WORD --model ${output}`
  ].join('\n')
}

function verdict({ event, sharedHash }: EndEvent): string {
  if (sharedHash !== undefined) return 'both are equal: the two peers hold the same model, bit for bit'
  if (event === 'interrupted')
    return 'they differ: interrupted before each had all that the other had learned'
  return 'they differ'
}

async function neighborsIn(output: string): Promise<string[][]> {
  return await askModel(output, async model => {
    const rows: string[][] = []
    for (const word of WORDS) {
      // An interrupted demo may not have come to every word.
      const found = await model.nearest(word, NEIGHBORS).catch(() => [])
      if (found.length > 0) rows.push([word, found.map(neighbor => neighbor.word).join(', ')])
    }
    return rows
  })
}
