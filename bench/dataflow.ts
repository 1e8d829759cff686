// Usage: npm run bench -- dataflow [--json] [--words N] [--numbers N] [--runs 5] [--write]
//
// What the engine costs, on one core, against RxJS, Node's streams (`compose`) and plain async generators doing the same work:
//
//   word_count   lines in memory → words → how often each word comes in each 100,000 words; words/s
//   chain        numbers → 8 maps → their sum; nanoseconds an item and operator
//
// Everybody takes the same array of lines, or numbers, and splits, counts and adds with the same functions; all must come to the
// same windows, or sum, or there is no figure. Ours take turns with theirs; figures are medians, `ratio` is ours over theirs.

import { readFileSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compose, Readable } from 'node:stream'
import { parseArgs } from 'node:util'
import { pipe } from 'it-pipe'
import * as rx from 'rxjs'
import { flatMap } from '../src/dataflow/flat-map.ts'
import { map } from '../src/dataflow/map.ts'
import { reduce } from '../src/dataflow/reduce.ts'
import { count } from '../src/dataflow/windows.ts'
import { chunksOf, stream } from '../src/stream.ts'
import { writeCorpus } from './corpus.ts'
import { machine } from './machine.ts'
import { median } from './measure.ts'
import { markdownTable, openReport } from './report.ts'
import { writeSection } from './results.ts'

const WINDOW = 100_000
const CHUNK = 4096
const MAPS = 8

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    words: { type: 'string' },
    numbers: { type: 'string', default: '10000000' },
    runs: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false }
  }
})
const runs = Number(values.runs)
const loaded = machine()
const report = openReport(values.json)
const folder = await mkdtemp(join(tmpdir(), 'tensair-bench-'))
try {
  const corpus = await writeCorpus(folder, values.words === undefined ? {} : { words: Number(values.words) })
  const lines = readFileSync(corpus.path, 'utf8').split('\n')
  const numbers = Number(values.numbers)
  const what =
    `${corpus.words.toLocaleString('en-US')} words of ${corpus.source} in windows of ${WINDOW.toLocaleString('en-US')}; ` +
    `${numbers.toLocaleString('en-US')} numbers through ${MAPS} maps`
  report.say(what)
  await compare('word_count', wordCounts(lines), seconds => corpus.words / seconds, 'words/s')
  await compare('chain', chains(numbers), seconds => (seconds * 1e9) / numbers / MAPS, 'ns')
  if (values.write) writeSection('dataflow', loaded, [what, markdownTable(report.rows)])
} finally {
  rmSync(folder, { recursive: true, force: true })
}
report.close()

/** Ways to do the same, ours first; each resolves to what it came to. */
type Ways = Record<string, () => Promise<number>>

async function compare(
  name: string,
  ways: Ways,
  figure: (seconds: number) => number,
  unit: string
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

function wordsOf(line: string): string[] {
  return line.split(' ')
}

/** A number that stands for all windows: how many there are, how many words they have, and how often the most frequent ones come. */
function digest(windows: Iterable<ReadonlyMap<string, number>>): number {
  let sum = 0
  for (const window of windows) {
    let most = 0
    for (const times of window.values()) most = Math.max(most, times)
    sum = (sum * 31 + most * 7 + window.size) % 2 ** 40
  }
  return sum
}

function wordCounts(lines: readonly string[]): Ways {
  const add = (window: Map<string, number>, word: string) => window.set(word, (window.get(word) ?? 0) + 1)
  async function* split(lines: AsyncIterable<string> | Iterable<string>) {
    for await (const line of lines) yield* wordsOf(line)
  }
  async function* counted(words: AsyncIterable<string>) {
    let window = new Map<string, number>()
    let size = 0
    for await (const word of words) {
      add(window, word)
      if (++size < WINDOW) continue
      yield window
      window = new Map()
      size = 0
    }
    if (size > 0) yield window
  }
  async function digestOf(windows: AsyncIterable<Map<string, number>>) {
    const all: Map<string, number>[] = []
    for await (const window of windows) all.push(window)
    return digest(all)
  }
  return {
    async ours() {
      const options = { key: (word: string) => word, initial: () => 0, reduce: (times: number) => times + 1 }
      const results = pipe(
        chunked(lines),
        flatMap(wordsOf),
        reduce<string, number, string>({ window: count(WINDOW), ...options })
      )
      const windows = new Map<number, Map<string, number>>()
      for await (const chunk of chunksOf(results)) {
        for (const { start, key, value } of chunk) {
          const window = windows.get(start) ?? new Map<string, number>()
          windows.set(start, window.set(key, value))
        }
      }
      return digest(windows.values())
    },
    async RxJS() {
      const windows = rx.from(lines).pipe(
        rx.concatMap(wordsOf),
        rx.windowCount(WINDOW),
        rx.concatMap(words => words.pipe(rx.reduce(add, new Map<string, number>()))),
        rx.filter(window => window.size > 0),
        rx.toArray()
      )
      return digest(await rx.lastValueFrom(windows))
    },
    async 'Node streams'() {
      const windows = compose(Readable.from(lines), split, counted) as AsyncIterable<Map<string, number>>
      return await digestOf(windows)
    },
    'async generators': () => digestOf(counted(split(lines)))
  }
}

function chains(numbers: number): Ways {
  const all = Array.from({ length: numbers }, (_, i) => i % 1000)
  const maps = Array.from({ length: MAPS }, (_, i) => (x: number) => x + i)
  async function* mapped(items: AsyncIterable<number> | Iterable<number>, transform: (x: number) => number) {
    for await (const item of items) yield transform(item)
  }
  async function sumOf(items: AsyncIterable<number> | Iterable<number>) {
    let sum = 0
    for await (const item of items) sum += item
    return sum
  }
  return {
    async ours() {
      let items: AsyncIterable<number> = chunked(all)
      for (const transform of maps) items = map(transform)(items)
      let sum = 0
      for await (const chunk of chunksOf(items)) for (const item of chunk) sum += item
      return sum
    },
    async RxJS() {
      let items: rx.Observable<number> = rx.from(all)
      for (const transform of maps) items = items.pipe(rx.map(transform))
      return await rx.lastValueFrom(items.pipe(rx.reduce((sum, item) => sum + item, 0)))
    },
    async 'async generators'() {
      let items: AsyncIterable<number> | Iterable<number> = all
      for (const transform of maps) items = mapped(items, transform)
      return await sumOf(items)
    }
  }
}

/** Items of an array as a stream, as a source hands them out. */
function chunked<Item>(items: readonly Item[]): AsyncIterable<Item> {
  return stream(async function* () {
    for (let first = 0; first < items.length; first += CHUNK) yield items.slice(first, first + CHUNK)
  })
}
