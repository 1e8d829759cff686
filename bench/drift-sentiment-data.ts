import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { LabelledText } from '../src/models/text-classifier.ts'
import { csv } from '../src/sources/csv.ts'
import { root } from './machine.ts'

const FILE = join(root, '../shared/data/tweets/sentiment140_sample_by_time.csv.gz')

/** The classes, as the file has them: negative and positive. */
export const SENTIMENTS = ['0', '4'] as const

/** A sample of Sentiment140 in the order of time; it ends in a prior shift. */
export interface Tweets {
  readonly tweets: readonly Required<LabelledText>[]
  /** Tweets before 2009-06-17, from where on all are negative. */
  readonly balanced: number
}

/** The sample; undefined where this machine has none. */
export async function readTweets(): Promise<Tweets | undefined> {
  if (!existsSync(FILE)) return undefined
  const rows = await Array.fromAsync(csv(FILE))
  const tweets = rows.map(({ text = '', label = '' }) => ({ text, label }))
  const shift = rows.findIndex(({ time_pdt: time = '' }) => time >= '2009-06-17')
  return { tweets, balanced: shift }
}

/** The same with the two labels swapped between two tweets, so that there are two drifts: there, and back. */
export function swapped(
  tweets: readonly Required<LabelledText>[],
  [from, end]: readonly [number, number]
): Required<LabelledText>[] {
  const other = (label: string) => SENTIMENTS.find(one => one !== label) ?? label
  return tweets.map(({ text, label }, i) => ({ text, label: i >= from && i < end ? other(label) : label }))
}
