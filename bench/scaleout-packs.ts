import { lines, openDevice, pipe, tokenize, word2vec } from '../src/index.ts'
import type { Word2Vec } from '../src/models/word2vec.ts'
import type { Content } from '../src/net/content.ts'
import { chunksOf } from '../src/stream.ts'
import type { Chunk, Delta, RowNames, TableShape } from '../src/types.ts'
import { median } from './measure.ts'

/** What a peer hands out at one time: more than one pack where more rows changed than a pack takes. */
export type Handout = readonly Content[]

/** What a real training handed out, to be played back by simulated peers. */
export interface Recording {
  /** Handouts after so many words of training, at several places in the text; words rise. */
  readonly lengths: readonly { readonly words: number; readonly handouts: readonly Handout[] }[]
  readonly tables: readonly TableShape[]
  readonly names: RowNames
  /** Milliseconds to pack a row, and to apply one. */
  readonly packMs: number
  readonly applyMs: number
}

// A peer packs after 100,000 words at least; after 8 million nearly every row has changed.
const LENGTHS = [0.125e6, 0.25e6, 0.5e6, 1e6, 2e6, 4e6, 8e6]
// Of each length so many handouts at a time, or those of so many words.
const MOST_AT_A_TIME = 4
const MOST_WORDS_AT_A_TIME = 2e6

/**
 * Trains a model on a text, again and again, on one thread, and keeps what it packs after intervals of several lengths, so
 * many times (`rounds`) of each; but nothing of the first `skipped` words: large steps are no example of what follows.
 */
export async function recordPacks(
  path: string,
  { dim, rounds, skipped }: { dim: number; rounds: number; skipped: number }
): Promise<Recording> {
  const { device } = await openDevice('wasm', { threads: 1 })
  try {
    const model = await word2vec(device, { dim, shared: true })
    const text = repeated(path)
    const lengths = LENGTHS.map(words => ({ words, handouts: [] as Handout[] }))
    await trainOn(model, text, skipped)
    await packsOf(model, skipped)
    for (let round = 0; round < rounds; round++) {
      for (const { words, handouts } of lengths) {
        const times = Math.min(MOST_AT_A_TIME, Math.ceil(MOST_WORDS_AT_A_TIME / words))
        for (let time = 0; time < times; time++) {
          handouts.push(await packsOf(model, await trainOn(model, text, words)))
        }
      }
    }
    const { packMs, applyMs } = await costs(model, text)
    await text.return()
    const { tables, names } = model.shared
    return { lengths, tables, names, packMs, applyMs }
  } finally {
    await device.close()
  }
}

/** Rows that a delta changes, of all tables. */
export function rowsOf(delta: Delta): number {
  return delta.reduce((rows, part) => rows + part.rows.length, 0)
}

async function* repeated(path: string): AsyncGenerator<Chunk<string[]>, void> {
  for (;;) yield* chunksOf(pipe(lines(path), tokenize()))
}

/** Trains so many words, to the end of a chunk; returns how many it were. */
async function trainOn(
  model: Word2Vec,
  text: AsyncGenerator<Chunk<string[]>, void>,
  words: number
): Promise<number> {
  const before = model.counts.words
  while (model.counts.words - before < words) {
    const { value } = await text.next()
    if (value === undefined) break
    await model.train(value)
  }
  return model.counts.words - before
}

async function packsOf(model: Word2Vec, words: number): Promise<Content[]> {
  const packs: Content[] = []
  do packs.push({ words: packs.length === 0 ? words : 0, delta: await model.shared.pack(1) })
  while (model.shared.hasMore)
  return packs
}

/** Milliseconds a row, of some packs of half a million words. */
async function costs(
  model: Word2Vec,
  text: AsyncGenerator<Chunk<string[]>, void>
): Promise<{ packMs: number; applyMs: number }> {
  const packing: number[] = []
  const applying: number[] = []
  for (let time = 0; time < 9; time++) {
    await trainOn(model, text, 0.5e6)
    const spent = model.shared.spent
    const packs = await packsOf(model, 0)
    const packed = model.shared.spent
    for (const { delta } of packs) await model.shared.apply(delta)
    const rows = packs.reduce((sum, { delta }) => sum + rowsOf(delta), 0)
    packing.push((packed - spent) / rows)
    applying.push((model.shared.spent - packed) / rows)
  }
  return { packMs: median(packing), applyMs: median(applying) }
}
