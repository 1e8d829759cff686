// Lines of a corpus → words → counts in windows.

import { readFileSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compose, Readable } from 'node:stream'
import { pipe } from 'it-pipe'
import * as rx from 'rxjs'
import { flatMap } from '../src/dataflow/flat-map.ts'
import { reduce } from '../src/dataflow/reduce.ts'
import { count } from '../src/dataflow/windows.ts'
import { chunksOf } from '../src/stream.ts'
import { writeCorpus } from './corpus.ts'
import { chunked, compare, type Ways } from './dataflow-compare.ts'
import type { Report } from './report.ts'

const WINDOW = 100_000

/** Adds the rows, and says what was measured. `words`: how many of the corpus, all unless told. */
export async function wordCount(words: number | undefined, runs: number, report: Report): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tensair-bench-'))
  try {
    const corpus = await writeCorpus(folder, words === undefined ? {} : { words })
    const lines = readFileSync(corpus.path, 'utf8').split('\n')
    const what = `${corpus.words.toLocaleString('en-US')} words of ${corpus.source} in windows of ${WINDOW.toLocaleString('en-US')}`
    report.say(what)
    const figure = (seconds: number) => corpus.words / seconds
    await compare('word_count', wordCounts(lines), figure, 'words/s', runs, report)
    return what
  } finally {
    rmSync(folder, { recursive: true, force: true })
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
