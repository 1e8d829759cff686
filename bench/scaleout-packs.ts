import { EXCHANGE_SECONDS, EXCHANGE_WORDS } from '../src/dataflow/exchange.ts'
import { lines, openDevice, pipe, tokenize, word2vec } from '../src/index.ts'
import type { Content } from '../src/net/content.ts'
import { chunksOf } from '../src/stream.ts'
import type { Delta, RowNames, TableShape } from '../src/types.ts'
import { median } from './measure.ts'

// Seconds between two packs of all rows: the default of src/dataflow/exchange.ts.

/** What a peer hands out at one time. */
export interface Handout {
  /** Words trained since the time before. */
  readonly words: number
  /** More than one where more rows changed than a pack takes. */
  readonly packs: readonly Content[]
}

/** What a real training handed out, to be played back by simulated peers. */
export interface Recording {
  readonly handouts: readonly Handout[]
  readonly tables: readonly TableShape[]
  readonly names: RowNames
  /** Milliseconds to apply a row of a delta to the replica. */
  readonly applyMs: number
}

/**
 * Trains a model on a text, on one thread, and keeps what the exchange of src/dataflow/exchange.ts hands out with its
 * defaults, where training makes `speed` words a second; but for the first `skipped` words: new words and large steps are
 * no example of what follows.
 */
export async function recordPacks(
  path: string,
  { dim, speed, skipped }: { dim: number; speed: number; skipped: number }
): Promise<Recording> {
  const { device } = await openDevice('wasm', { threads: 1 })
  try {
    const model = await word2vec(device, { dim, shared: true })
    const handouts: Handout[] = []
    let before = 0
    for await (const chunk of chunksOf(pipe(lines(path), tokenize()))) {
      await model.train(chunk)
      const { words } = model.counts
      if (words - before < Math.max(EXCHANGE_WORDS, speed * EXCHANGE_SECONDS)) continue
      const packs: Content[] = []
      do packs.push({ words: words - before, delta: await model.shared.pack() })
      while (model.shared.hasMore)
      // The recording begins and ends with a whole round.
      if (before >= skipped) handouts.push({ words: words - before, packs })
      before = words
    }
    await model.drain()
    const whole = handouts.findLastIndex(({ words }) => words < EXCHANGE_WORDS)
    const times: number[] = []
    for (const { packs } of handouts.slice(-9)) {
      const [{ delta }] = packs
      const start = performance.now()
      await model.shared.apply(delta)
      times.push((performance.now() - start) / rowsOf(delta))
    }
    const { tables, names } = model.shared
    return { handouts: handouts.slice(0, whole + 1), tables, names, applyMs: median(times) }
  } finally {
    await device.close()
  }
}

/** Rows that a delta changes, of all tables. */
export function rowsOf(delta: Delta): number {
  return delta.reduce((rows, part) => rows + part.rows.length, 0)
}
