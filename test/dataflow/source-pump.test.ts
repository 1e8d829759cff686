import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { SourcePump } from '../../src/dataflow/source-pump.ts'
import { chunksOf, stream } from '../../src/stream.ts'
import { HandClock, idle } from './clock.ts'
import { type Account, source } from './source.ts'

const always = () => true

test('a pump asks for the next chunk only while there is room, and says when no more come', async () => {
  const account: Account = { chunks: 0, closed: 0 }
  const pump = new SourcePump(chunksOf(source([[1], [2], [3]], account)), new HandClock())
  const taken: number[] = []
  let room = 1
  const over = pump.run(
    () => taken.length < room,
    chunk => void taken.push(...chunk)
  )
  await idle()
  deepStrictEqual([taken, account.chunks], [[1], 1])
  room = 3
  pump.wake()
  await idle()
  deepStrictEqual([taken, pump.ended], [[1, 2, 3], false])
  room = 4
  pump.wake()
  await over
  deepStrictEqual([pump.ended, pump.failure, account.closed], [true, undefined, 1])
})

test('what the source or the taker throws is kept, and ends the pump', async () => {
  const broken = new Error('source broke')
  const ofSource = new SourcePump(chunksOf(source([[1]], undefined, broken)), new HandClock())
  await ofSource.run(always, () => {})
  deepStrictEqual([ofSource.ended, ofSource.failure], [true, { error: broken }])
  const refused = new Error('not this')
  const ofTaker = new SourcePump(chunksOf(source([[1], [2]])), new HandClock())
  await ofTaker.run(always, async () => {
    throw refused
  })
  deepStrictEqual([ofTaker.ended, ofTaker.failure], [true, { error: refused }])
})

/** A pump of a source that is asked for a chunk and has not given it yet. */
async function asked() {
  const { promise, resolve } = Promise.withResolvers<void>()
  const account: Account = { chunks: 0, closed: 0 }
  const items = stream<number>(async function* () {
    try {
      for (;;) {
        await promise
        account.chunks++
        yield [account.chunks]
      }
    } finally {
      account.closed++
    }
  })
  const taken: number[] = []
  const pump = new SourcePump(chunksOf(items), new HandClock())
  const over = pump.run(always, chunk => void taken.push(...chunk))
  await idle()
  return { pump, over, taken, account, give: resolve }
}

test('of a pump that is ended the chunk that was asked for is still taken, and no other', async () => {
  const { pump, over, taken, account, give } = await asked()
  pump.end()
  give()
  await over
  await idle()
  deepStrictEqual([taken, account.closed], [[1], 1])
})

test('a pump that is closed takes nothing more, and does not wait for a silent source', async () => {
  const { pump, over, taken, account, give } = await asked()
  await pump.close()
  give()
  await over
  await idle()
  deepStrictEqual([taken, account.closed], [[], 1])
})

test('a source that has everything at once leaves others their turn', async () => {
  let now = 0
  let turns = 0
  const clock = {
    now: () => (now += 5),
    wait: async (ms: number) => {
      strictEqual(ms, 0)
      turns++
    }
  }
  const pump = new SourcePump(chunksOf(source(Array.from({ length: 100 }, () => [1]))), clock)
  await pump.run(always, () => {})
  ok(turns > 10, `${turns} turns in ${now} ms`)
})
