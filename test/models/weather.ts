import { randomRows } from '../random.ts'

export const classes = ['sun', 'rain'] as const

const WORDS = {
  before: ['today', 'it is', 'so', 'what a'],
  sun: ['bright', 'warm', 'clear'],
  rain: ['wet', 'cold', 'grey'],
  after: ['here', 'again', '!', 'morning']
}

/** Texts, the same for a seed, of which one word tells the class. */
export function weather(count: number, seed: number): { text: string; label: 'sun' | 'rain' }[] {
  const random = randomRows(count * 4, 2 ** 20, seed)
  return Array.from({ length: count }, (_, i) => {
    const some = <Value>(values: readonly Value[], which: number) =>
      values[random[i * 4 + which] % values.length] as Value
    const label = some(classes, 0)
    return { text: `${some(WORDS.before, 1)} ${some(WORDS[label], 2)} ${some(WORDS.after, 3)}`, label }
  })
}
