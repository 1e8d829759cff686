import { EXCHANGE_SECONDS, EXCHANGE_WORDS } from '../src/dataflow/exchange.ts'
import { lines, openDevice, pipe, tokenize, word2vec } from '../src/index.ts'
import type { Content } from '../src/net/content.ts'
import { chunksOf } from '../src/stream.ts'
import type { Delta, RowNames, TableShape } from '../src/types.ts'
import { median } from './measure.ts'

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
 * Trains a model on a text, again and again, on one thread, and keeps the first `handouts` of what the exchange of
 * src/dataflow/exchange.ts makes of it where training does `speed` words a second; but for those of the first `skipped`
 * words: large steps are no example of what follows.
 */
export async function recordPacks(
  path: string,
  { dim, speed, skipped, handouts: most }: { dim: number; speed: number; skipped: number; handouts: number }
): Promise<Recording> {
  const { device } = await openDevice('wasm', { threads: 1 })
  try {
    const model = await word2vec(device, { dim, shared: true })
    const interval = Math.max(EXCHANGE_WORDS, speed * EXCHANGE_SECONDS)
    const handouts: Handout[] = []
    let before = 0
    while (handouts.length < most) {
      for await (const chunk of chunksOf(pipe(lines(path), tokenize()))) {
        await model.train(chunk)
        const { words } = model.counts
        if (words - before < interval) continue
        const packs: Content[] = []
        do packs.push({ words: packs.length === 0 ? words - before : 0, delta: await model.shared.pack() })
        while (model.shared.hasMore)
        if (before >= skipped) handouts.push({ words: words - before, packs })
        before = words
        if (handouts.length === most) break
      }
    }
    const times: number[] = []
    for (const { packs } of handouts.slice(-9)) {
      const [{ delta }] = packs
      const start = performance.now()
      await model.shared.apply(delta)
      times.push((performance.now() - start) / rowsOf(delta))
    }
    const { tables, names } = model.shared
    return { handouts, tables, names, applyMs: median(times) }
  } finally {
    await device.close()
  }
}

/** Rows that a delta changes, of all tables. */
export function rowsOf(delta: Delta): number {
  return delta.reduce((rows, part) => rows + part.rows.length, 0)
}
