// Numbers through 8 maps.

import * as rx from 'rxjs'
import { map } from '../src/dataflow/map.ts'
import { chunksOf } from '../src/stream.ts'
import { chunked, compare, type Ways } from './dataflow-compare.ts'
import type { Report } from './report.ts'

const MAPS = 8

/** Adds the rows, and says what was measured. */
export async function chain(numbers: number, runs: number, report: Report): Promise<string> {
  const what = `${numbers.toLocaleString('en-US')} numbers through ${MAPS} maps`
  report.say(what)
  await compare('chain', chains(numbers), seconds => (seconds * 1e9) / numbers / MAPS, 'ns', runs, report)
  return what
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
