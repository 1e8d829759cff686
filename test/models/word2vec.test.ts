import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert'
import { after, before, test } from 'node:test'
import { BATCH_SLOTS, type Device } from '../../kernels/contract.ts'
import { openWasm } from '../../kernels/wasm/device.ts'
import { UnknownWordError } from '../../src/models/word-space.ts'
import { word2vec } from '../../src/models/word2vec.ts'
import type { Chunk, Position } from '../../src/types.ts'
import { smallLanguage } from './small-language.ts'

let device: Device
before(async () => {
  device = await openWasm({ threads: 1 })
})
after(() => device.close())

const small = { dim: 16, capacity: 5000, window: 3, subsample: 0 }

test('words that occur together become neighbours, and the loss falls', async () => {
  const model = await word2vec(device, small)
  const lines = smallLanguage(10_000)
  await model.train(lines.slice(0, 500))
  await model.drain()
  const early = await model.progress()
  await model.train(lines.slice(500))
  await model.drain()
  const late = await model.progress()
  strictEqual(late.words, 100_000)
  ok(late.loss < early.loss * 0.95, `the loss was ${early.loss}, then ${late.loss}`)
  const near = await model.nearest('a3', 10)
  strictEqual(near.length, 10)
  ok(near.filter(({ word }) => word.startsWith('a')).length >= 9, near.map(({ word }) => word).join(' '))
  ok(near.every(({ word, score }, i) => word !== 'a3' && score <= (near[i - 1]?.score ?? 1)))
  await model.close()
})

test('queries: by vector, by analogy without the words asked, at most as many as there are', async () => {
  const model = await word2vec(device, { ...small, minCount: 1 })
  deepStrictEqual(await model.nearest(new Float32Array(16)), [])
  await model.train([['one', 'two', 'three', 'four']])
  const vector = await model.vector('two')
  strictEqual(vector.length, 16)
  const [first] = await model.nearest(vector, 1)
  strictEqual(first?.word, 'two')
  ok(Math.abs(first.score - 1) < 1e-5)
  deepStrictEqual(
    (await model.analogy('one', 'two', 'three')).map(({ word }) => word),
    ['four']
  )
  strictEqual((await model.nearest('one', 100)).length, 3)
  await model.close()
})

test('an unknown word is refused with advice', async () => {
  const model = await word2vec(device, { ...small, minCount: 1 })
  await model.train([['king', 'queen']])
  await rejects(
    model.vector('King'),
    new UnknownWordError('"King" is not among the 2 words known; try "king"')
  )
  await rejects(model.nearest('emperor'), /"emperor" is not among the 2 words known; .* or lower minCount/)
  await rejects(model.analogy('king', 'queen', 'emperor'), UnknownWordError)
  await rejects(model.nearest(new Float32Array(3)), /nearest: a vector of 16 values wanted; got 3/)
  await rejects(model.nearest('king', 0), /nearest: k must be a whole number, at least 1; got 0/)
  await model.close()
})

test('a batch is trained when it is full, and what is left when the stream is drained', async () => {
  const model = await word2vec(device, { ...small, minCount: 1 })
  const line = new Array<string>(BATCH_SLOTS).fill('word')
  await model.train([line.slice(1)])
  strictEqual(model.counts.batches, 1)
  await model.train([['word'], ['word']])
  strictEqual(model.counts.batches, 1)
  await model.drain()
  strictEqual(model.counts.batches, 2)
  await model.drain()
  strictEqual(model.counts.batches, 2)
  await model.close()
})

test('the vectors come most frequent word first', async () => {
  const model = await word2vec(device, { ...small, minCount: 1 })
  await model.train([['rare', 'often', 'often', 'often', 'twice', 'other', 'twice']])
  const { words, counts, vectors, dim } = await model.vectors()
  deepStrictEqual(words, ['often', 'twice', 'rare', 'other'])
  deepStrictEqual([...counts], [3, 2, 1, 1])
  for (const [row, word] of words.entries()) {
    deepStrictEqual(vectors.slice(row * dim, (row + 1) * dim), await model.vector(word))
  }
  await model.close()
})

test('after a scan, vocabulary and counts are those of the text, and training adds nothing to them', async () => {
  const model = await word2vec(device, { ...small, minCount: 2 })
  await model.scan([
    ['a', 'b'],
    ['b', 'c', 'a']
  ])
  await model.scan([['a', 'c']])
  strictEqual(model.counts.words, 7)
  await model.train([['a', 'b', 'd', 'd', 'd']])
  const { words, counts } = await model.vectors()
  deepStrictEqual([words, [...counts], model.counts.words], [['a', 'b', 'c'], [3, 2, 2], 5])
  await rejects(model.scan([['a']]), /word2vec: scan before training begins, not after/)
  await model.train([['a']])
  await model.close()
})

test('a full vocabulary is said once, and training goes on', async () => {
  const warnings: string[] = []
  const model = await word2vec(device, { ...small, capacity: 3, minCount: 1 }, message =>
    warnings.push(message)
  )
  for (let i = 0; i < 3; i++) await model.train([['one', 'two', 'three', 'four', 'five']])
  deepStrictEqual(warnings, [
    'word2vec: the vocabulary is full at 3 words; further words stay unknown (raise capacity to learn them)'
  ])
  const { words, vocabulary, full, refused } = model.counts
  deepStrictEqual({ words, vocabulary, full, refused }, { words: 15, vocabulary: 3, full: true, refused: 2 })
  await model.close()
})

test('every option that is wrong is named at once', async () => {
  await rejects(
    // @ts-expect-error: options of callers without types
    word2vec(device, { dim: 130, window: 16, optimizer: 'adam', rate: 0, seed: -1, widnow: 3 }),
    {
      name: 'RangeError',
      message:
        'word2vec: there is no option widnow; dim must be a multiple of 4, at most 1024; got 130; ' +
        "window must be a whole number, 1 to 15; got 16; optimizer must be 'adagrad' or 'sgd'; got adam; " +
        'rate must be greater than 0 and finite; got 0; seed must be a whole number, 0 to 2^32 - 1; got -1'
    }
  )
})

test('a linear schedule ends where the stream does, whether position or words tell it', async () => {
  const lines = smallLanguage(2000)
  const at = (share: number, items: string[][]): Chunk<string[]> => {
    const position: Position = { bytes: 0, share }
    return { length: items.length, position, [Symbol.iterator]: () => items[Symbol.iterator]() }
  }
  const options = { ...small, optimizer: 'sgd', schedule: 'linear', rate: 0.05 } as const
  // At a rate of nearly nothing a step is nearly nothing: after its end, a schedule changes the vectors no more.
  const moved = async (
    trained: () => Promise<void>,
    more: () => Promise<void>,
    vector: () => Promise<Float32Array>
  ) => {
    await trained()
    const before = await vector()
    await more()
    const after = await vector()
    return Math.max(...after.map((value, d) => Math.abs(value - before[d])))
  }
  const byPosition = await word2vec(device, options)
  const byWords = await word2vec(device, { ...options, expectedWords: 20_000 })
  const constant = await word2vec(device, { ...options, schedule: 'constant' })
  for (const [model, most] of [
    [byPosition, 0.05],
    [byWords, 0.05],
    [constant, Number.POSITIVE_INFINITY]
  ] as const) {
    const step = await moved(
      async () => {
        await model.train(at(0.5, lines.slice(0, 1000)))
        await model.train(at(1, lines.slice(1000)))
        await model.drain()
      },
      async () => {
        await model.train(at(1, lines))
        await model.drain()
      },
      () => model.vector('a3')
    )
    ok(step < most, `a step of ${step}`)
    if (model === constant) ok(step > 0.1, `with a constant rate, only a step of ${step}`)
    await model.close()
  }
  const blind = await word2vec(device, options)
  await rejects(blind.train(lines), /the linear schedule must know the end, and this source does not tell it/)
  await blind.close()
})

test('a training that diverges ends in an error that names the table and the rate, and is not saved', async () => {
  const model = await word2vec(device, { ...small, optimizer: 'sgd', rate: 1e30 })
  await model.train(smallLanguage(2000))
  const nowhere = {
    place: 'nowhere',
    write: unused,
    size: unused,
    read: unused,
    list: unused,
    remove: unused
  }
  await rejects(model.save(nowhere), {
    name: 'DivergenceError',
    message:
      /^word2vec: training diverged, \d+ of \d+ rows of table input .*; lower the rate \(now 1e\+30, sgd\)$/
  })
  await model.close()
})

function unused(): never {
  throw new Error('the store must not be touched')
}
