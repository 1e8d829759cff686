// Several ways to do the same work, timed in turns.

import { stream } from '../src/stream.ts'
import { median } from './measure.ts'
import type { Report } from './report.ts'

const CHUNK = 4096

/** Ways to do the same, ours first; each resolves to what it came to. */
export type Ways = Record<string, () => Promise<number>>

/**
 * Adds a row for each way.
 *
 * @throws Error where two of them do not come to the same.
 */
export async function compare(
  name: string,
  ways: Ways,
  figure: (seconds: number) => number,
  unit: string,
  runs: number,
  report: Report
): Promise<void> {
  const times = new Map<string, number[]>(Object.keys(ways).map(way => [way, []]))
  let wanted: number | undefined
  // The first round compiles.
  for (let run = -1; run < runs; run++) {
    for (const [way, act] of Object.entries(ways)) {
      const start = performance.now()
      const result = await act()
      const seconds = (performance.now() - start) / 1000
      wanted ??= result
      if (result !== wanted)
        throw new Error(`dataflow: ${name} by ${way} came to ${result}; wanted ${wanted}`)
      if (run >= 0) times.get(way)?.push(seconds)
    }
  }
  const [[, own = []] = []] = times
  for (const [way, all] of times) {
    const value = figure(median(all))
    const against = all === own ? {} : { peer: way, ratio: median(all) / median(own) }
    report.add({ bench: 'dataflow', name, value, unit, ...against, runs })
  }
}

/** Items of an array as a stream, as a source hands them out. */
export function chunked<Item>(items: readonly Item[]): AsyncIterable<Item> {
  return stream(async function* () {
    for (let first = 0; first < items.length; first += CHUNK) yield items.slice(first, first + CHUNK)
  })
}
