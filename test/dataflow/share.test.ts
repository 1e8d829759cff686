import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { pipe } from 'it-pipe'
import { evaluate } from '../../src/dataflow/evaluate.ts'
import { share } from '../../src/dataflow/share.ts'
import { tokenize } from '../../src/dataflow/tokenize.ts'
import { train } from '../../src/dataflow/train.ts'
import { linesOf } from '../../src/sources/memory.ts'
import { chunkAt } from '../../src/stream.ts'
import type { Chunk, PredictingReplica, Replica, Swarm } from '../../src/types.ts'
import { source } from './source.ts'

type Reported = Parameters<Swarm['report']>[0]

/** A replica and a swarm that write down what is asked of them, in order. */
function witness(peer = 'me') {
  const log: string[] = []
  const reported: Reported[] = []
  const replica: Replica<string[]> = {
    train: async chunk => void log.push(`train ${chunk.length}`),
    drain: async () => void log.push('drain'),
    progress: async () => ({ words: 7, loss: 1, position: undefined })
  }
  const swarm = {
    peer,
    report: (state: Reported) => void reported.push(state),
    exchange: async () => {
      log.push('pack')
      return true
    }
  }
  return { log, reported, replica, swarm }
}

const line = (words: number) => Array.from({ length: words }, () => 'word')

test('every interval of words is packed after the chunk that completes it, and what is left when drained', async () => {
  const { log, replica, swarm } = witness()
  const chunks = [[line(3), line(3)], [line(4)], [line(25)], [line(9)], [line(1)], [line(2)]]
  await train(share(swarm, { interval: 10, maxSeconds: 60, phase: 0 })(replica))(source(chunks))
  deepStrictEqual(log, [
    'train 2',
    'train 1',
    'pack',
    'train 1',
    'pack',
    'train 1',
    'train 1',
    'pack',
    'train 1',
    'drain',
    'pack'
  ])
})

test('a phase shortens the first interval only', async () => {
  const { log, replica, swarm } = witness()
  const sharing = share(swarm, { interval: 12, maxSeconds: 60, phase: 0.75 })(replica)
  for (let i = 0; i < 15; i++) await sharing.train([line(1)])
  deepStrictEqual(
    log.flatMap((entry, i) => (entry === 'pack' ? [i] : [])),
    [3, 16]
  )
})

test('peers begin at phases of their own', async () => {
  const first = async (peer: string) => {
    const { log, replica, swarm } = witness(peer)
    const sharing = share(swarm, { interval: 1000, maxSeconds: 60 })(replica)
    while (!log.includes('pack')) await sharing.train([line(1)])
    await sharing.drain()
    return log.indexOf('pack')
  }
  const firsts = await Promise.all(Array.from({ length: 20 }, (_, i) => first(`peer ${i}`)))
  ok(firsts.every(words => words <= 1000))
  ok(new Set(firsts).size > 15)
  ok(Math.max(...firsts) - Math.min(...firsts) > 500)
})

test('words that come slowly are packed after a time, once, without more coming', async () => {
  const { log, replica, swarm } = witness()
  const packed = Promise.withResolvers<void>()
  const slow = {
    ...swarm,
    async exchange() {
      await swarm.exchange()
      packed.resolve()
      return true
    }
  }
  const sharing = share(slow, { interval: 1000, maxSeconds: 0.01, phase: 0 })(replica)
  await sharing.train([line(1)])
  await packed.promise
  deepStrictEqual(log, ['train 1', 'pack'])
  await sharing.drain()
})

test('time does not pack what has been packed', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { log, replica, swarm } = witness()
  const sharing = share(swarm, { interval: 10, maxSeconds: 2, phase: 0 })(replica)
  await sharing.train([line(1)])
  t.mock.timers.tick(1000)
  await sharing.train([line(9)])
  t.mock.timers.tick(10_000)
  deepStrictEqual(log, ['train 1', 'train 1', 'pack'])
  await sharing.train([line(1)])
  t.mock.timers.tick(1999)
  strictEqual(log.length, 4)
  t.mock.timers.tick(1)
  deepStrictEqual(log.slice(4), ['pack'])
  await sharing.drain()
  t.mock.timers.tick(10_000)
  deepStrictEqual(log.slice(5), ['drain', 'pack'])
})

test('the swarm hears of words and position after each chunk, and at the end that it is the end', async () => {
  const { reported, replica, swarm } = witness()
  await pipe(linesOf(['One two', 'three']), tokenize(), train(share(swarm)(replica)))
  deepStrictEqual(reported, [
    { words: 3, position: 14 },
    { words: 3, position: 14, finished: true }
  ])
})

test('a stream that was broken off is not reported as finished', async () => {
  const { reported, replica, swarm } = witness()
  await share(swarm, { finished: () => false })(replica).drain()
  deepStrictEqual(reported, [{ words: 0, position: 0, finished: false }])
})

test('a swarm that puts a pack off is asked again after the next chunk, but not at the end', async () => {
  const { log, replica, swarm } = witness()
  const asked: (boolean | undefined)[] = []
  const slow = {
    ...swarm,
    async exchange(urgent?: boolean) {
      asked.push(urgent)
      return asked.length === 3 || urgent === true ? await swarm.exchange() : false
    }
  }
  const sharing = share(slow, { interval: 10, maxSeconds: 60, phase: 0 })(replica)
  for (let i = 0; i < 4; i++) await sharing.train([line(10)])
  await sharing.drain()
  deepStrictEqual(asked, [false, false, false, false, true])
  deepStrictEqual(
    log.filter(entry => entry === 'pack'),
    ['pack', 'pack']
  )
})

test('items that are not lines of words count one each', async () => {
  const { log, swarm } = witness()
  const images: Replica<{ pixels: number }> = {
    train: async () => {},
    drain: async () => {},
    progress: async () => ({ words: 0, loss: 0, position: undefined })
  }
  const sharing = share(swarm, { interval: 3, maxSeconds: 60, phase: 0 })(images)
  await sharing.train([{ pixels: 1 }, { pixels: 2 }])
  deepStrictEqual(log, [])
  await sharing.train([{ pixels: 3 }])
  deepStrictEqual(log, ['pack'])
})

test('a long chunk is trained in parts, between which packs are made; its position counts with the last', async () => {
  const { log, reported, swarm, replica } = witness()
  const numbers: Replica<number> = {
    ...replica,
    train: async chunk => void log.push(`train ${chunk.length}`)
  }
  const long = chunkAt(
    Array.from({ length: 600 }, (_, i) => i),
    { bytes: 9 }
  )
  const often = share(swarm, { interval: 100, maxSeconds: 60, phase: 0 })(numbers)
  await often.train(long)
  deepStrictEqual(log.splice(0), Array(6).fill(['train 100', 'pack']).flat())
  deepStrictEqual(reported.splice(0).slice(-2), [
    { words: 500, position: 0 },
    { words: 600, position: 9 }
  ])
  const seldom = share(swarm, { interval: 1000, maxSeconds: 60, phase: 0 })(numbers)
  await seldom.train(long)
  deepStrictEqual(log, ['train 256', 'train 256', 'train 88'])
  await seldom.drain()
})

test('examples in columns are counted without being taken apart', async () => {
  const { log, reported, swarm, replica } = witness()
  const columns: Chunk<number> = {
    length: 7,
    *[Symbol.iterator]() {
      yield 1
      throw new Error('taken apart')
    }
  }
  const numbers: Replica<number> = {
    ...replica,
    train: async chunk => void log.push(`train ${chunk.length}`)
  }
  const sharing = share(swarm, { interval: 100, maxSeconds: 60, phase: 0 })(numbers)
  await sharing.train(columns)
  await sharing.drain()
  strictEqual(log[0], 'train 7')
  deepStrictEqual(reported.at(-1)?.words, 7)
})

test('where somebody else says that the flow is over, draining is a pause: packs come when they are due, and no end is reported', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { log, reported, replica, swarm } = witness()
  const over = new AbortController()
  const sharing = share(swarm, { interval: 3, maxSeconds: 2, phase: 0, over: over.signal })(replica)
  for (let i = 0; i < 4; i++) {
    await sharing.train([line(1)])
    await sharing.drain()
  }
  const due = ['train 1', 'drain', 'train 1', 'drain', 'train 1', 'pack', 'drain', 'train 1', 'drain']
  deepStrictEqual(log, due)
  t.mock.timers.tick(2000)
  deepStrictEqual(log.splice(due.length), ['pack'])
  deepStrictEqual(new Set(reported.map(({ finished }) => finished)), new Set([undefined]))

  await sharing.train([line(1)])
  over.abort()
  t.mock.timers.tick(10_000)
  await sharing.train([line(1)])
  t.mock.timers.tick(10_000)
  deepStrictEqual(log.splice(due.length), ['train 1', 'train 1'])
})

/** A replica that can do more, with what it holds out of sight. */
class Sum implements PredictingReplica<number, number> {
  #sum = 0
  #factor = 1
  async train(chunk: Chunk<number>) {
    for (const item of chunk) this.#sum += this.#factor * item
  }
  async drain() {}
  async progress() {
    return { words: this.#sum, loss: 0, position: undefined }
  }
  async predict(items: readonly number[]) {
    return items.map(item => item + this.#sum)
  }
  boost(factor: number) {
    this.#factor = factor
  }
  get sum() {
    return this.#sum
  }
  set sum(value: number) {
    this.#sum = value
  }
}

test('whatever else a replica can do, it can do as before', async () => {
  const { log, swarm } = witness()
  const sum = new Sum()
  const sharing: Sum = share(swarm, { interval: 2, maxSeconds: 60, phase: 0 })(sum)
  sharing.boost(2)
  await sharing.train([1, 2])
  deepStrictEqual(log, ['pack'])
  deepStrictEqual(await sharing.progress(), { words: 6, loss: 0, position: undefined })
  sharing.sum += 1
  deepStrictEqual([sharing.sum, sum.sum], [7, 7])
  ok(sharing instanceof Sum && 'predict' in sharing)

  const loss = (prediction: number, truth: number) => prediction - truth
  const evaluated = evaluate(sharing, { truth: item => item, loss })(source([[1], [1]]))
  deepStrictEqual(
    (await Array.fromAsync(evaluated)).map(({ loss }) => loss),
    [7, 9]
  )
  strictEqual(sum.sum, 11)
})

test('a pack that fails ends training, also one that time brought about', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { log, replica, swarm } = witness()
  const broken = { ...swarm, exchange: () => Promise.reject(new Error('device lost')) }
  const now = share(broken, { interval: 1, maxSeconds: 60, phase: 0 })(replica)
  await rejects(now.train([line(1)]), /^Error: device lost$/)

  const later = share(broken, { interval: 1000, maxSeconds: 1, phase: 0 })(replica)
  await later.train([line(1)])
  t.mock.timers.tick(1000)
  await new Promise(setImmediate)
  await rejects(later.train([line(1)]), /^Error: device lost$/)
  deepStrictEqual(log, ['train 1', 'train 1'])
})

test('options out of range are refused', () => {
  const { swarm } = witness()
  throws(() => share(swarm, { interval: 0 }), {
    name: 'RangeError',
    message: 'share: interval must be a number of words above 0; got 0'
  })
  throws(() => share(swarm, { maxSeconds: Number.NaN }), /share: maxSeconds must be .* got NaN/)
  throws(() => share(swarm, { phase: 1.5 }), /share: phase must be a number from 0 to 1; got 1.5/)
})
