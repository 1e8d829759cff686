import { lines, openDevice, pipe, tokenize, word2vec } from '../src/index.ts'
import type { Content } from '../src/net/content.ts'
import { chunksOf } from '../src/stream.ts'
import type { RowNames, TableShape } from '../src/types.ts'
import { median } from './measure.ts'

/** What a real training handed out, to be played back by simulated peers. */
export interface Recording {
  /** For each interval its packs: more than one where it changed more rows than a pack takes. */
  readonly intervals: readonly (readonly Content[])[]
  readonly tables: readonly TableShape[]
  readonly names: RowNames
  /** Milliseconds to apply a row of a delta to the replica. */
  readonly applyMs: number
}

/**
 * Trains a model on a text, on one thread, and keeps what it packs every `interval` words, but for the first `skipped`
 * words: new words and large steps are no example of what follows.
 */
export async function recordPacks(
  path: string,
  { dim, interval, skipped }: { dim: number; interval: number; skipped: number }
): Promise<Recording> {
  const { device } = await openDevice('wasm', { threads: 1 })
  try {
    const model = await word2vec(device, { dim, shared: true })
    const intervals: Content[][] = []
    let words = 0
    let due = interval
    for await (const chunk of chunksOf(pipe(lines(path), tokenize()))) {
      await model.train(chunk)
      words = model.counts.words
      if (words < due) continue
      due += interval
      const packs: Content[] = []
      do packs.push({ words: interval, delta: await model.shared.pack() })
      while (model.shared.hasMore)
      if (words >= skipped) intervals.push(packs)
    }
    await model.drain()
    const times: number[] = []
    for (const [{ delta }] of intervals.slice(-5)) {
      const start = performance.now()
      await model.shared.apply(delta)
      times.push((performance.now() - start) / delta.reduce((rows, part) => rows + part.rows.length, 0))
    }
    const { tables, names } = model.shared
    return { intervals, tables, names, applyMs: median(times) }
  } finally {
    await device.close()
  }
}
