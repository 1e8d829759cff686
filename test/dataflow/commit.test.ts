import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { pipe } from 'it-pipe'
import { commit } from '../../src/dataflow/commit.ts'
import { map } from '../../src/dataflow/map.ts'
import { chunkAt, chunksOf, stream } from '../../src/stream.ts'
import type { Position } from '../../src/types.ts'
import { HandClock, idle } from './clock.ts'
import { type Account, read, source } from './source.ts'

const bytesOf = (heard: Position[]) => heard.map(position => position.bytes)

test('commit hands on every chunk as it is, and hears each position after its items were taken, in order', async () => {
  const chunks = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { maxLength: 10 })
  await fc.assert(
    fc.asyncProperty(chunks, fc.boolean(), async (chunks, itemByItem) => {
      const log: (number | string)[] = []
      const flow = commit<number>(async position => {
        await idle()
        log.push(`commit ${position.bytes}`)
      })(source(chunks))
      let read = 0
      if (itemByItem) for await (const _ of flow) log.push(++read)
      else {
        for await (const chunk of chunksOf(flow)) {
          for (const _ of chunk) log.push(++read)
        }
      }
      let end = 0
      const expected = chunks.flatMap(items => {
        const seen = items.map(() => ++end)
        return [...seen, `commit ${end}`]
      })
      deepStrictEqual(log, expected)
    }),
    { numRuns: 50 }
  )
})

test('a flow that is resumed where it was last committed takes everything at least once, wherever it stopped', async () => {
  const all = Array.from({ length: 60 }, (_, n) => n)
  const from = (start: number) =>
    stream<number>(async function* () {
      for (let at = start; at < all.length; at += 7) {
        const end = Math.min(all.length, at + 7)
        yield chunkAt(all.slice(at, end), { bytes: end })
      }
    })
  await fc.assert(
    fc.asyncProperty(fc.nat(59), async failing => {
      const taken = new Set<number>()
      let committed = 0
      const run = async (fails: boolean) => {
        const flow = pipe(
          from(committed),
          map((n: number) => n),
          commit<number>(position => {
            committed = position.bytes
          })
        )
        for await (const n of flow) {
          if (fails && n === failing) throw new Error('the sink is gone')
          taken.add(n)
        }
      }
      await rejects(run(true), /the sink is gone/)
      ok(committed <= failing)
      await run(false)
      deepStrictEqual(
        [...taken].sort((a, b) => a - b),
        all
      )
      strictEqual(committed, 60)
    }),
    { numRuns: 60 }
  )
})

test('with seconds it hears no more often, and at the end what is left', async () => {
  const clock = new HandClock()
  const heard: Position[] = []
  const flow = commit<number>(position => heard.push(position), { seconds: 5, clock })(
    source([[1], [2], [3], [4], [5]])
  )
  const chunks = chunksOf(flow)
  await chunks.next()
  await chunks.next()
  deepStrictEqual(bytesOf(heard), [1])
  await chunks.next()
  await clock.pass(5000)
  await chunks.next()
  deepStrictEqual(bytesOf(heard), [1, 3])
  await chunks.next()
  await chunks.next()
  deepStrictEqual(bytesOf(heard), [1, 3, 5])
})

test('a reader that stops, and a source that fails, leave what was taken committed, and close the source', async () => {
  const heard: Position[] = []
  const account: Account = { chunks: 0, closed: 0 }
  const options = { seconds: 3600 }
  const flow = commit<number>(position => heard.push(position), options)(source([[1], [2], [3]], account))
  for await (const n of flow) if (n === 3) break
  deepStrictEqual(bytesOf(heard), [1, 2])
  strictEqual(account.closed, 1)

  heard.length = 0
  const failing = source([[1], [2]], account, new Error('the source is gone'))
  await rejects(
    read(chunksOf(commit<number>(position => heard.push(position), options)(failing))),
    /^Error: the source is gone$/
  )
  deepStrictEqual(bytesOf(heard), [1, 2])
})

test('what hear throws ends the flow and closes the source', async () => {
  const account: Account = { chunks: 0, closed: 0 }
  const flow = commit<number>(() => {
    throw new Error('the broker is gone')
  })(source([[1], [2]], account))
  await rejects(read(chunksOf(flow)), /^Error: commit: byte 1: the broker is gone$/)
  deepStrictEqual(account, { chunks: 1, closed: 1 })
  throws(() => commit(() => {}, { seconds: -1 }), /^RangeError: commit: seconds must be/)
})

test('items without a position commit nothing', async () => {
  const heard: Position[] = []
  async function* plain() {
    yield 1
    yield 2
  }
  deepStrictEqual(await Array.fromAsync(commit<number>(position => heard.push(position))(plain())), [1, 2])
  deepStrictEqual(heard, [])
})
