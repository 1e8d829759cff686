import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { map } from '../../src/dataflow/map.ts'
import { chunkAt, chunksOf, stream } from '../../src/stream.ts'
import { idle } from './clock.ts'
import { type Account, read, source } from './source.ts'

const someChunks = fc.array(fc.array(fc.nat(99), { maxLength: 5 }), { maxLength: 6 })
const bound = fc.integer({ min: 2, max: 5 })

/** A function whose calls are answered when they are told to, by their item. */
function answering<Item, Out>(answer: (item: Item) => Out) {
  const running = new Map<Item, () => void>()
  return {
    running,
    call: (item: Item) =>
      new Promise<Out>((resolve, reject) => {
        running.set(item, () => {
          running.delete(item)
          try {
            resolve(answer(item))
          } catch (error) {
            reject(error)
          }
        })
      }),
    async finish(item: Item) {
      running.get(item)?.()
      await idle()
    }
  }
}

for (const ordered of [true, false]) {
  const how = ordered ? 'in order' : 'as they finish'

  test(`results ${how} are those of a plain map, whenever chunks and answers come`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        someChunks,
        bound,
        fc.nat(3),
        async (scheduler, chunks, concurrency, pace) => {
          const positions: (number | undefined)[] = []
          const finished: number[] = []
          const result: number[] = []
          let [bytes, begun, running] = [0, 0, 0]
          const input = stream<number>(async function* () {
            for (const items of chunks) {
              await scheduler.schedule(Promise.resolve())
              bytes += items.length
              yield chunkAt(items, { bytes })
            }
          })
          const doubled = map(
            async (n: number) => {
              strictEqual(n, chunks.flat()[begun++], 'calls begin in order')
              ok(++running <= concurrency, `${running} calls run`)
              if (n % 3 > 0) await scheduler.schedule(Promise.resolve())
              running--
              finished.push(2 * n)
              return 2 * n
            },
            { concurrency, ordered }
          )
          const reading = (async () => {
            for await (const chunk of chunksOf(doubled(input))) {
              result.push(...chunk)
              const at = chunk.position?.bytes
              positions.push(at)
              if (at !== undefined && ordered) strictEqual(result.length, at)
              if (at !== undefined) {
                const left = result.slice()
                for (const n of chunks.flat().slice(0, at)) {
                  ok(left.includes(2 * n), `${n} is before ${at}, and not out`)
                  left.splice(left.indexOf(2 * n), 1)
                }
              }
              if (pace > 0) await scheduler.schedule(Promise.resolve())
            }
          })()
          await scheduler.waitFor(reading)
          deepStrictEqual(result, ordered ? chunks.flat().map(n => 2 * n) : finished)
          const places = positions.filter(at => at !== undefined)
          deepStrictEqual(
            places,
            places.toSorted((a, b) => a - b)
          )
          if (chunks.length > 0) strictEqual(places.at(-1), bytes)
          if (ordered) strictEqual(places.length, chunks.length)
        }
      ),
      { numRuns: 150 }
    )
  })

  test(`an item whose call fails is left out of results ${how}, and all positions come`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), someChunks, bound, async (scheduler, chunks, concurrency) => {
        const failing = map(
          async (n: number) => {
            await scheduler.schedule(Promise.resolve())
            if (n % 2 > 0) throw new Error('odd')
            return n
          },
          { concurrency, ordered, onError: 'skip' }
        )
        const seen = await scheduler.waitFor(read(chunksOf(failing(source(chunks)))))
        const even = chunks.flat().filter(n => n % 2 === 0)
        const items = seen.flatMap(chunk => chunk.items)
        deepStrictEqual(ordered ? items : items.toSorted(), ordered ? even : even.toSorted())
        strictEqual(failing.failed, chunks.flat().length - even.length)
        if (chunks.length > 0) strictEqual(seen.at(-1)?.at, chunks.flat().length)
      }),
      { numRuns: 50 }
    )
  })

  test(`with results ${how} the source is closed when the reader stops`, async () => {
    const account: Account = { chunks: 0, closed: 0 }
    const { call, finish, running } = answering((n: number) => n)
    const seen: number[] = []
    const reading = (async () => {
      const results = map(call, { concurrency: 2, ordered })(source([[1, 2, 3], [4], [5]], account))
      for await (const n of results) {
        seen.push(n)
        break
      }
    })()
    await idle()
    await finish(1)
    await reading
    deepStrictEqual([seen, [...running.keys()]], [[1], [2, 3]])
    deepStrictEqual(account, { chunks: 1, closed: 1 })
    await finish(2) // which nobody waits for
  })
}

test('one slow call holds results in order up, and further calls when the bound is reached', async () => {
  const { call, finish, running } = answering((n: number) => -n)
  const seen: number[] = []
  const reading = (async () => {
    for await (const n of map(call, { concurrency: 3 })(
      source([
        [1, 2],
        [3, 4, 5]
      ])
    ))
      seen.push(n)
  })()
  await idle()
  deepStrictEqual([...running.keys()], [1, 2, 3])
  await finish(2)
  await finish(3)
  deepStrictEqual([seen, [...running.keys()]], [[], [1]])
  await finish(1)
  deepStrictEqual(
    [seen, [...running.keys()]],
    [
      [-1, -2, -3],
      [4, 5]
    ]
  )
  await finish(5)
  await finish(4)
  await reading
  deepStrictEqual(seen, [-1, -2, -3, -4, -5])
})

test('one slow call does not hold others up where order is of no matter, but the position', async () => {
  const { call, finish } = answering((n: number) => -n)
  const reading = read(chunksOf(map(call, { concurrency: 2, ordered: false })(source([[1, 2], [3], [4]]))))
  for (const n of [2, 3, 4, 1]) {
    await idle()
    await finish(n)
  }
  deepStrictEqual(await reading, [
    { items: [-2], at: undefined },
    { items: [-3], at: undefined },
    { items: [-4], at: undefined },
    { items: [-1], at: 4 }
  ])
})

test('as many calls run while the reader is busy', async () => {
  const { call, finish, running } = answering((n: number) => n)
  const reader = chunksOf(map(call, { concurrency: 2 })(source([[1, 2, 3, 4, 5]])))
  const first = reader.next()
  await idle()
  await finish(1)
  deepStrictEqual([...((await first).value ?? [])], [1])
  deepStrictEqual([...running.keys()], [2, 3])
  await finish(2)
  await finish(3)
  deepStrictEqual([...running.keys()], [], 'answers that wait for the reader count')
  await reader.return(undefined)
})

test('an error of a call comes out in its turn, and no call is begun after it', async () => {
  for (const [ordered, wanted] of [
    [true, [1]],
    [false, []]
  ] as const) {
    const account: Account = { chunks: 0, closed: 0 }
    const cause = new Error('even')
    const { call, finish, running } = answering((n: number) => {
      if (n === 2) throw cause
      return n
    })
    const seen: number[] = []
    const failing = map(call, { concurrency: 3, ordered })(source([[1, 2, 3, 4, 5, 6]], account))
    const reading = rejects(
      async () => {
        for await (const n of failing) seen.push(n)
      },
      { message: 'map: item 1: even', cause }
    )
    await idle()
    await finish(2)
    await finish(1)
    await reading
    deepStrictEqual(seen, wanted)
    deepStrictEqual(
      [...running.keys()].filter(n => n > 3),
      []
    )
    deepStrictEqual(account, { chunks: 1, closed: 1 })
    for (const n of [1, 3]) await finish(n)
  }
})

test('an error of the source comes out after the results of what came before it', async () => {
  const { call, finish } = answering((n: number) => n)
  const seen: number[] = []
  const failing = source([[1], [2]], undefined, new Error('source broke'))
  const reading = rejects(async () => {
    for await (const n of map(call, { concurrency: 4, ordered: false })(failing)) seen.push(n)
  }, /^Error: source broke$/)
  await idle()
  await finish(2)
  await finish(1)
  await reading
  deepStrictEqual(seen, [2, 1])
})

test('a function that answers at once, or fails at once, may be given a concurrency too', async () => {
  const items = Array.from({ length: 1000 }, (_, n) => n)
  const plus = map((n: number) => n + 1, { concurrency: 4 })
  deepStrictEqual(
    await Array.fromAsync(plus(source([items]))),
    items.map(n => n + 1)
  )
  const failing = map(
    (n: number) => {
      if (n === 7) throw new Error('no')
      return n
    },
    { concurrency: 4 }
  )
  await rejects(Array.fromAsync(failing(source([items]))), { message: 'map: item 7: no' })
})

test('a source that is silent is not waited for when the reader stops', async () => {
  const speak = Promise.withResolvers<void>()
  async function* silent() {
    yield 1
    await speak.promise
  }
  for await (const n of map(async (n: number) => n, { concurrency: 2 })(silent())) {
    strictEqual(n, 1)
    break
  }
  speak.resolve()
})

test('a concurrency that is none is refused', () => {
  for (const concurrency of [0, 1.5, Number.POSITIVE_INFINITY]) {
    throws(() => map((n: number) => n, { concurrency }), {
      name: 'RangeError',
      message: `map: concurrency must be a whole number of calls, at least 1; got ${concurrency}`
    })
  }
})

test('a watermark comes, like a position, when everything before it is out', async () => {
  for (const [ordered, wanted] of [
    [true, [1, 2, 'all to 20', 3, 'all to 30', 'all to 40']],
    [false, [3, 1, 2, 'all to 40']]
  ] as const) {
    const { call, finish } = answering((n: number) => n)
    const input = stream<number>(async function* () {
      yield chunkAt([1, 2], undefined, 20)
      yield chunkAt([3], undefined, 30)
      yield chunkAt([], undefined, 40)
    })
    const reader = chunksOf(map(call, { concurrency: 3, ordered })(input))
    const seen: unknown[] = []
    const reading = (async () => {
      for await (const chunk of reader) {
        seen.push(...chunk)
        if (chunk.watermark !== undefined) seen.push(`all to ${chunk.watermark}`)
      }
    })()
    await idle()
    await finish(3)
    await finish(1)
    await finish(2)
    await reading
    deepStrictEqual(seen, wanted)
  }
})
