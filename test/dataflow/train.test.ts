import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { pipe } from 'it-pipe'
import { filter } from '../../src/dataflow/filter.ts'
import { map } from '../../src/dataflow/map.ts'
import { tokenize } from '../../src/dataflow/tokenize.ts'
import { train } from '../../src/dataflow/train.ts'
import { linesOf } from '../../src/sources/memory.ts'
import type { Chunk, Position, Progress, Replica } from '../../src/types.ts'
import { type Account, source } from './source.ts'

/** A replica that learns by heart; what it has accepted is trained when it is drained. */
class Memory<Item> implements Replica<Item> {
  readonly trained: Item[] = []
  drains = 0
  #accepted: Item[] = []
  #position: Position | undefined
  #breakAt: Item | undefined

  constructor(breakAt?: Item) {
    this.#breakAt = breakAt
  }

  async train(chunk: Chunk<Item>): Promise<void> {
    for (const item of chunk) {
      if (item === this.#breakAt) throw new Error('device lost')
      this.#accepted.push(item)
    }
    this.#position = chunk.position
  }

  async drain(): Promise<void> {
    this.drains++
    if (this.#breakAt !== undefined) throw new Error('nothing to drain')
    this.trained.push(...this.#accepted.splice(0))
  }

  async progress(): Promise<Progress> {
    return { words: this.trained.length + this.#accepted.length, loss: Number.NaN, position: this.#position }
  }
}

test('awaiting a flow trains all of it and gives the last progress', async () => {
  const replica = new Memory<string[]>()
  const progress = await pipe(linesOf(['One two.', 'Three']), tokenize(), train(replica))
  deepStrictEqual(replica.trained, [['one', 'two'], ['three']])
  deepStrictEqual(progress, { words: 2, loss: Number.NaN, position: { bytes: 15, share: 1 } })
})

test('a flow of operators infers its types from end to end', async () => {
  const replica = new Memory<number>()
  const progress: Progress = await pipe(
    linesOf(['one', 'three', 'eleven']),
    map((line: string) => line.length),
    filter((length: number) => length > 3),
    train(replica)
  )
  deepStrictEqual(replica.trained, [5, 6])
  strictEqual(progress.words, 2)
})

test('iterating a flow gives progress, the last one after the replica is drained', async () => {
  const replica = new Memory<number>()
  const seen: [words: number, trained: number][] = []
  for await (const { words } of train(replica, { every: 0 })(source([[1], [2, 3]]))) {
    seen.push([words, replica.trained.length])
  }
  deepStrictEqual(seen, [
    [1, 0],
    [3, 0],
    [3, 3]
  ])
})

test('progress comes no more often than asked for', async () => {
  const replica = new Memory<number>()
  const seen = await Array.fromAsync(train(replica, { every: 60_000 })(source([[1], [2], [3]])))
  deepStrictEqual(
    seen.map(progress => progress.words),
    [3]
  )
})

test('nothing is read before the flow is awaited or iterated, and awaiting twice trains once', async () => {
  const account: Account = { chunks: 0, closed: 0 }
  const replica = new Memory<number>()
  const training = train(replica)(source([[1], [2]], account))
  strictEqual(account.chunks, 0)
  strictEqual((await training).words, 2)
  strictEqual((await training).words, 2)
  deepStrictEqual(replica.trained, [1, 2])
})

test('a reader that stops early closes the source and has trained what was accepted', async () => {
  const account: Account = { chunks: 0, closed: 0 }
  const replica = new Memory<number>()
  for await (const _ of train(replica, { every: 0 })(source([[1, 2], [3]], account))) break
  deepStrictEqual(account, { chunks: 1, closed: 1 })
  deepStrictEqual(replica.trained, [1, 2])
})

test('an error of the source comes out after what was accepted is trained', async () => {
  const replica = new Memory<number>()
  const training = train(replica)(source([[1, 2]], undefined, new Error('source broke')))
  await rejects(async () => await training, /^Error: source broke$/)
  deepStrictEqual(replica.trained, [1, 2])
})

test('an error of the replica comes out, not that of draining it, and closes the source', async () => {
  const account: Account = { chunks: 0, closed: 0 }
  const replica = new Memory<number>(2)
  await rejects(Array.fromAsync(train(replica)(source([[1], [2], [3]], account))), /^Error: device lost$/)
  deepStrictEqual(account, { chunks: 2, closed: 1 })
  strictEqual(replica.drains, 1)
})

test('train refuses a time below 0', () => {
  throws(() => train(new Memory(), { every: -1 }), {
    name: 'RangeError',
    message: 'train: every must be a number of milliseconds, at least 0; got -1'
  })
})
