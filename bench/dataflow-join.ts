// Two event-time streams, joined: against a nested loop over each key, with what is held kept account of.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { join } from '../src/dataflow/join.ts'
import { chunksOf, stream } from '../src/stream.ts'
import type { Stream } from '../src/types.ts'
import { median } from './measure.ts'
import type { Report } from './report.ts'

const KEYS = 10_000
const WITHIN = 10_000 // ms
const LATENESS = 2000 // ms
const DRIFT = 5000 // ms
const CHUNK = 1024
/** Times at which memory is looked at, spread over the streams. */
const SAMPLES = 8

interface Event {
  readonly id: number
  readonly key: number
  /** ms; each stream has one event a millisecond. */
  readonly at: number
}

/** What pairs come to, whatever their order. */
interface Pairs {
  readonly count: number
  readonly digest: number
}

/** Adds the rows, and says what was measured. */
export async function joining(count: number, runs: number, report: Report): Promise<string> {
  if (!(count >= 20_000)) throw new Error(`dataflow: --count must be at least 20000 items; got ${count}`)
  const number = (n: number) => n.toLocaleString('en-US')
  const what = `two streams of ${number(count)} items, ${number(KEYS)} keys, pairs within ${WITHIN / 1000} s, 5 % late`
  report.say(what)
  const wanted = nestedLoop(count)
  const { pairs, late, held, megabytes } = await observed(count)
  check('pairs', pairs.count, wanted.pairs.count)
  check('digest of the pairs', pairs.digest, wanted.pairs.digest)
  check('late items', late, wanted.late)
  const times: number[] = []
  for (let run = 0; run < runs; run++) {
    const start = performance.now()
    const seen = await drained(joinOf(count))
    times.push((performance.now() - start) / 1000)
    check('digest of the pairs', seen.digest, wanted.pairs.digest)
  }
  const value = (2 * count) / median(times)
  const found = { pairs: pairs.count, late, runs }
  report.add({ bench: 'dataflow', name: 'join', value, unit: 'items/s', ...found })
  report.add({ bench: 'dataflow', name: 'join_held', value: held, unit: 'items', bar: mostHeld() })
  report.add({ bench: 'dataflow', name: 'join_heap', value: megabytes, unit: 'MB' })
  return what
}

/** Item `id` of a stream: of 40 events one comes up to 2 s late, and one so late that no watermark waits for it. */
function event(side: number, id: number): Event {
  const random = scrambled(2 * id + side)
  const key = scrambled(random) % KEYS
  // Late is what comes after others; so there must be others.
  const kind = id < 8 * CHUNK ? 39 : random % 40
  if (kind === 0) return { id, key, at: id - LATENESS - DRIFT - WITHIN - 4 * CHUNK }
  if (kind === 1) return { id, key, at: id - (random % LATENESS) }
  return { id, key, at: id }
}

function isTooLate({ id, at }: Event): boolean {
  return id - at > LATENESS
}

function scrambled(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return (x ^ (x >>> 15)) >>> 0
}

/** Events are made as they are read, so that what is in memory is what the join holds. */
function events(side: number, count: number): Stream<Event> {
  return stream(async function* () {
    for (let first = 0; first < count; first += CHUNK) {
      const length = Math.min(CHUNK, count - first)
      yield Array.from({ length }, (_, i) => event(side, first + i))
    }
  })
}

function joinOf(count: number) {
  const key = (event: Event) => event.key
  const time = (event: Event) => event.at
  return join(events(0, count), events(1, count), {
    keys: [key, key],
    times: [time, time],
    within: WITHIN,
    lateness: LATENESS,
    drift: DRIFT
  })
}

function digestOf(left: Event, right: Event): number {
  return scrambled(scrambled(left.id) ^ (right.id + 0x9e3779b9))
}

/** The definition: every left event against every right one of its key. */
function nestedLoop(count: number): { readonly pairs: Pairs; readonly late: number } {
  const byKey = Array.from({ length: KEYS }, (): Event[] => [])
  let late = 0
  for (let id = 0; id < count; id++) {
    const right = event(1, id)
    if (isTooLate(right)) late++
    else byKey[right.key]?.push(right)
  }
  let pairs = 0
  let digest = 0
  for (let id = 0; id < count; id++) {
    const left = event(0, id)
    if (isTooLate(left)) late++
    else {
      for (const right of byKey[left.key] ?? []) {
        if (Math.abs(left.at - right.at) > WITHIN) continue
        pairs++
        digest = (digest + digestOf(left, right)) % 2 ** 40
      }
    }
  }
  return { pairs: { count: pairs, digest }, late }
}

async function drained(pairs: AsyncIterable<[Event, Event]>, look = (_last: Event) => {}): Promise<Pairs> {
  let count = 0
  let digest = 0
  for await (const chunk of chunksOf(pairs)) {
    let last: Event | undefined
    for (const [left, right] of chunk) {
      count++
      digest = (digest + digestOf(left, right)) % 2 ** 40
      last = left
    }
    if (last !== undefined) look(last)
  }
  return { count, digest }
}

/** Most that may be held of both streams: what the windows allow, as much again, and 1024 for each. */
function mostHeld(): number {
  return 2 * (2 * (WITHIN + LATENESS + DRIFT + 2 * CHUNK) + 1024)
}

/** One run with an eye on memory. */
async function observed(count: number) {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heap = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = heap()
  const joined = joinOf(count)
  const heaps: number[] = []
  let held = 0
  const pairs = await drained(joined, ({ id }) => {
    held = Math.max(held, joined.held)
    if (id >= ((heaps.length + 1) * count) / (SAMPLES + 1) && heaps.length < SAMPLES)
      heaps.push(heap() - before)
  })
  if (held > mostHeld()) throw new Error(`dataflow: join held ${held} items; wanted at most ${mostHeld()}`)
  return { pairs, late: joined.late, held, megabytes: Math.max(...heaps) / 2 ** 20 }
}

function check(what: string, got: number, wanted: number): void {
  if (got !== wanted) throw new Error(`dataflow: ${what} of the join: ${got}; wanted ${wanted}`)
}
