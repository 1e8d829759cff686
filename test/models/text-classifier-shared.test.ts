import { deepStrictEqual, notDeepStrictEqual, notStrictEqual, ok, rejects, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { emptyDelta, expandRows, isEmptyDelta } from '../../src/delta.ts'
import {
  type TextClassifier,
  type TextClassifierOptions,
  textClassifier
} from '../../src/models/text-classifier.ts'
import { EmbeddingNetwork } from '../../src/models/text-classifier-network.ts'
import { SharedTextClassifier } from '../../src/models/text-classifier-shared.ts'
import type { Delta, SharedReplica } from '../../src/types.ts'
import { classes, weather } from './weather.ts'

const UNIT = 2 ** -20
const ROWS = 256

const model = (options: Partial<TextClassifierOptions> = {}) =>
  textClassifier({ classes, rows: ROWS, dim: 4, ...options })

const smallNetwork = () =>
  new EmbeddingNetwork({ rows: 16, dim: 4, classes: 2, rate: 0.2, accumulator: 1e-3, seed: 3 })

/** All rows of both tables. */
const allRows = () => [ROWS, classes.length].map(rows => Uint32Array.from({ length: rows }, (_, row) => row))

async function sharedOf(shared: SharedReplica): Promise<number[][]> {
  const state = await shared.readShared(allRows())
  return state.map(part => [...expandRows(part, 0, part.rows.length), ...part.accumulators])
}

async function packAll(shared: SharedReplica, replicas: number): Promise<Delta[]> {
  const packs: Delta[] = []
  for (;;) {
    const pack = await shared.pack(replicas)
    if (isEmptyDelta(pack)) return packs
    packs.push(pack)
  }
}

const rightOf = async (classifier: TextClassifier) => {
  const texts = weather(200, 99)
  const predictions = await classifier.predict(texts)
  return predictions.filter(({ label }, i) => label === texts[i]?.label).length / texts.length
}

test('replicas that train while their packs cross in any order end with the same shared values', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ peer: fc.nat(2), act: fc.constantFrom('train', 'pack', 'apply', 'reset') }), {
        maxLength: 40
      }),
      fc.nat(1000),
      async (steps, seed) => {
        const models = [model(), model(), model()]
        const inbox: Delta[][] = [[], [], []]
        const send = (from: number, delta: Delta) => {
          for (const [to, waiting] of inbox.entries()) if (to !== from) waiting.push(delta)
        }
        for (const [i, { peer, act }] of steps.entries()) {
          const { shared } = models[peer] as TextClassifier
          const next = act === 'apply' ? inbox[peer]?.shift() : undefined
          if (act === 'train') await models[peer]?.train(weather(5, seed + i))
          if (act === 'reset') models[peer]?.resetHead()
          if (act === 'pack') send(peer, await shared.pack(3))
          if (next !== undefined) await shared.apply(next)
        }
        for (const [from, { shared }] of models.entries())
          for (const pack of await packAll(shared, 3)) send(from, pack)
        for (const [to, waiting] of inbox.entries())
          for (const delta of waiting) await models[to]?.shared.apply(delta)
        const [first, ...others] = await Promise.all(models.map(({ shared }) => sharedOf(shared)))
        for (const other of others) deepStrictEqual(other, first)
        const hashes = await Promise.all(models.map(({ shared }) => shared.sharedHash()))
        strictEqual(new Set(hashes).size, 1)
      }
    ),
    { numRuns: 60 }
  )
})

test('what is handed out is what shared moves by, and alone weights stay as they are', async () => {
  const network = new EmbeddingNetwork({
    rows: 16,
    dim: 4,
    classes: 2,
    rate: 0.2,
    accumulator: 1e-3,
    seed: 3
  })
  const shared = new SharedTextClassifier(network)
  const rows = [Uint32Array.from({ length: 16 }, (_, i) => i), Uint32Array.of(0, 1)]
  const before = await shared.readShared(rows)
  for (let i = 0; i < 20; i++) network.learn(Uint32Array.of(0, 3, 3 + (i % 5)).sort(), i % 2)
  const trained = network.embeddings.weights.slice()
  const packs = await packAll(shared, 1)
  deepStrictEqual(network.embeddings.weights, trained)
  const after = await shared.readShared(rows)
  for (const [table, { values }] of after.entries()) {
    const moved = Array.from(values, (value, i) => value - (before[table]?.values[i] ?? 0))
    const dim = 4
    const told = new Array<number>(values.length).fill(0)
    for (const pack of packs) {
      const part = pack[table] as Delta[number]
      const changes = expandRows(part, 0, part.rows.length)
      for (const [i, change] of changes.entries())
        told[(part.rows[Math.floor(i / dim)] as number) * dim + (i % dim)] += change
    }
    deepStrictEqual(moved, told)
  }
  // A pack has four bits for a value; what it rounds off waits for when the row changes again.
  const [{ values }] = after as [Delta[number]]
  const changeOf = (i: number) => Math.abs(trained[i] - UNIT * (before[0]?.values[i] ?? 0))
  for (const [i, weight] of trained.entries()) {
    const most = Math.max(...[0, 1, 2, 3].map(d => changeOf(i - (i % 4) + d)))
    ok(Math.abs(weight - UNIT * values[i]) <= most / 7, `${i}`)
  }
})

test('a row that was not changed since is not packed again, though rounding has left something of it', async () => {
  const network = smallNetwork()
  const shared = new SharedTextClassifier(network)
  for (let i = 0; i < 20; i++) network.learn(Uint32Array.of(i % 3, 5), i % 2)
  strictEqual(isEmptyDelta(await shared.pack(1)), false)
  strictEqual(isEmptyDelta(await shared.pack(1)), true)
})

test('sums of squares are shared with the rows, so that what one has learned well the others change little', async () => {
  const [teacher, pupil] = [smallNetwork(), smallNetwork()]
  for (let i = 0; i < 200; i++) teacher.learn(Uint32Array.of(1, 2), i % 2)
  await new SharedTextClassifier(pupil).apply(await new SharedTextClassifier(teacher).pack(1))
  for (const row of [1, 2]) {
    const [wanted, got] = [teacher.embeddings.squares[row], pupil.embeddings.squares[row]]
    ok(wanted > 0.01 && Math.abs(got - wanted) < 2 ** -14, `${got}, wanted ${wanted}`)
  }
})

test('what others did to a row before the last pack takes nothing of a later change', async () => {
  const [others, own] = [smallNetwork(), smallNetwork()]
  const [theirs, ours] = [new SharedTextClassifier(others), new SharedTextClassifier(own)]
  for (let i = 0; i < 5; i++) {
    others.learn(Uint32Array.of(7), i % 2)
    await ours.apply(await theirs.pack(8))
  }
  strictEqual(isEmptyDelta(await ours.pack(8)), true)
  own.learn(Uint32Array.of(7), 1)
  const trained = own.embeddings.weights.slice()
  await ours.pack(8)
  deepStrictEqual(own.embeddings.weights, trained)
  // But where they are at it now, too, each gives its part.
  others.learn(Uint32Array.of(7), 1)
  await ours.apply(await theirs.pack(8))
  own.learn(Uint32Array.of(7), 1)
  const before = own.embeddings.weights.slice()
  await ours.pack(8)
  notDeepStrictEqual(own.embeddings.weights, before)
})

test('rows that others work on too move by the mean of the changes; those of one alone by all of them', async () => {
  const [one, other] = [model(), model()]
  for (const text of Array.from({ length: 50 }, () => ({ text: 'wet', label: 'rain' as const }))) {
    await one.train([text])
    await other.train([text])
  }
  // The same texts: both have the same change, and the mean is that.
  const [first, second] = [await one.shared.pack(2), await other.shared.pack(2)]
  await one.shared.apply(second)
  await other.shared.apply(first)
  deepStrictEqual(await sharedOf(one.shared), await sharedOf(other.shared))
  const alone = model()
  await alone.train(Array.from({ length: 50 }, () => ({ text: 'wet', label: 'rain' as const })))
  const surety = async (classifier: TextClassifier) =>
    (await classifier.predict([{ text: 'wet' }]))[0]?.probabilities[1] as number
  ok((await surety(one)) > 0.9 && Math.abs((await surety(one)) - (await surety(alone))) < 0.1)
})

test('a replica that sees no texts learns from one that does', async () => {
  const [teacher, pupil] = [model(), model()]
  for (let i = 0; i < 10; i++) {
    await teacher.train(weather(30, i))
    await pupil.shared.apply(await teacher.shared.pack(2))
  }
  for (const pack of await packAll(teacher.shared, 2)) await pupil.shared.apply(pack)
  strictEqual(await sharedOf(pupil.shared).then(String), await sharedOf(teacher.shared).then(String))
  ok((await rightOf(pupil)) > 0.95, String(await rightOf(pupil)))
})

test('two replicas that each see half learn together what one does', async () => {
  const models = [model(), model()]
  for (let i = 0; i < 20; i++) {
    for (const [peer, own] of models.entries()) await own.train(weather(10, 2 * i + peer))
    const packs = await Promise.all(models.map(({ shared }) => shared.pack(2)))
    for (const [peer, { shared }] of models.entries()) await shared.apply(packs[1 - peer] as Delta)
  }
  for (const own of models) ok((await rightOf(own)) > 0.95)
})

test('a newcomer adopts what others share, and keeps what it has learned itself', async () => {
  const [old, fresh] = [model(), model()]
  await old.train(weather(100, 1))
  const all = await packAll(old.shared, 1)
  ok(all.length > 0)
  await fresh.train(weather(5, 2))
  const own = await packAll(fresh.shared, 1)
  const hashes = [await old.shared.rowHashes(), await fresh.shared.rowHashes()]
  const differing = [ROWS, classes.length].map((rows, table) =>
    Uint32Array.from({ length: rows }, (_, row) => row).filter(row =>
      [0, 1].some(half => hashes[0]?.[table]?.[row * 2 + half] !== hashes[1]?.[table]?.[row * 2 + half])
    )
  )
  await fresh.shared.adopt(await old.shared.readShared(differing), [new Uint32Array(0), new Uint32Array(0)])
  strictEqual(await fresh.shared.sharedHash(), await old.shared.sharedHash())
  ok(own.length > 0)
  // Rows that nobody has anything of become new again.
  await fresh.shared.adopt(emptyDelta([{ dim: 4 }, { dim: 4 }]), allRows())
  strictEqual(await fresh.shared.sharedHash(), await model().shared.sharedHash())
  notStrictEqual(await old.shared.sharedHash(), await model().shared.sharedHash())
})

test('a pack is bounded, and the next one has the rest', async () => {
  const classifier = textClassifier({ classes, rows: 2 ** 17, dim: 4 })
  const words = Array.from({ length: 40 }, (_, i) => i)
  await classifier.train(
    Array.from({ length: 2000 }, (_, line) => ({
      text: words.map(word => `w${line * 40 + word}`).join(' '),
      label: classes[line % 2] as string
    }))
  )
  const first = await classifier.shared.pack(1)
  ok(classifier.shared.hasMore)
  const second = await classifier.shared.pack(1)
  strictEqual(classifier.shared.hasMore, false)
  ok((first[0]?.rows.at(-1) ?? 0) < (second[0]?.rows[0] ?? 0))
  ok(classifier.shared.spent > 0)
})

test('a row that is not finite is put back to what is agreed on', async () => {
  const network = new EmbeddingNetwork({
    rows: 16,
    dim: 4,
    classes: 2,
    rate: 0.2,
    accumulator: 1e-3,
    seed: 3
  })
  const shared = new SharedTextClassifier(network)
  const before = network.embeddings.weights.slice()
  network.learn(Uint32Array.of(2), 1)
  network.learn(Uint32Array.of(2), 1)
  network.embeddings.weights[9] = Number.NaN
  const [{ rows }] = (await shared.pack(1)) as [Delta[number]]
  strictEqual(rows.includes(2), false)
  deepStrictEqual(network.embeddings.weights.slice(8, 12), before.slice(8, 12))
})

test('deltas of another model are refused', async () => {
  const { shared } = model()
  const [embeddings, head] = emptyDelta([{ dim: 4 }, { dim: 4 }]) as [Delta[number], Delta[number]]
  const refused = (delta: Delta, message: string) =>
    rejects(shared.apply(delta), { name: 'RangeError', message })
  await refused([embeddings], 'textClassifier: a delta has 2 tables; got 1')
  await refused([embeddings, { ...head, dim: 8 }], 'textClassifier: rows of table head have 4 values; got 8')
  await refused(
    [embeddings, { ...head, rows: Uint32Array.of(2) }],
    'textClassifier: table head has 2 rows; got row 2'
  )
})

test('a head that is made new steps as at first, and the sum of squares that peers share still only grows', async () => {
  const classifier = model()
  for (const text of weather(300, 1)) await classifier.train([text])
  await packAll(classifier.shared, 1)
  classifier.resetHead()
  for (const text of weather(300, 2)) await classifier.train([text])
  const [grown, ...rest] = await packAll(classifier.shared, 1)
  ok(grown?.every(({ accumulators }) => accumulators.every(growth => growth >= 0)))
  ok((grown?.[1]?.accumulators[0] ?? 0) > 0)
  deepStrictEqual(rest, [])

  const [old, young] = [smallNetwork(), smallNetwork()]
  const rows = Uint32Array.of(0, 3, 5)
  for (let i = 0; i < 100; i++) old.learn(rows, i % 2)
  old.head.reset()
  old.embeddings.weights.set(young.embeddings.weights)
  for (let i = 0; i < 20; i++) {
    for (const network of [old, young]) network.learn(rows, i % 3 === 0 ? 1 : 0)
    // Only the head is new.
    old.embeddings.weights.set(young.embeddings.weights)
  }
  for (const [i, weight] of young.head.weights.entries()) {
    ok(Math.abs(weight - (old.head.weights[i] ?? 0)) < 1e-5, `${i}: ${weight}, ${old.head.weights[i]}`)
  }
})
