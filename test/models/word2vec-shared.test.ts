import { deepStrictEqual, notStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { BATCH_SLOTS, type Device } from '../../kernels/contract.ts'
import { openWasm } from '../../kernels/wasm/device.ts'
import { deltaBytes, emptyDelta, expandRows, isEmptyDelta, sumDeltas } from '../../src/delta.ts'
import { resumeWord2Vec, type Word2Vec, word2vec } from '../../src/models/word2vec.ts'
import { fileStore } from '../../src/sinks/file-store.ts'
import type { Delta, SharedReplica } from '../../src/types.ts'
import { devices } from '../devices.ts'
import { initRow } from '../reference/init-rows.ts'
import { smallLanguage } from './small-language.ts'

let device: Device
const folder = mkdtempSync(join(tmpdir(), 'tensair-shared-'))
before(async () => {
  device = await openWasm({ threads: 1 })
})
after(async () => {
  await device.close()
  rmSync(folder, { recursive: true })
})

const UNIT = 2 ** -20
const DIM = 8
const small = {
  dim: DIM,
  capacity: 300,
  window: 3,
  negatives: 3,
  subsample: 0,
  minCount: 2,
  shared: true
} as const

/** A delta of one replica in the rows of another, as it comes over a link: by key, with the text of what is new. */
function carried(delta: Delta, from: SharedReplica, to: SharedReplica): Delta {
  return delta.map(changes => {
    const order = Array.from(changes.rows, (row, i) => {
      const [low, high] = from.names.keys(row, row + 1)
      const known = to.names.find(low, high)
      return { i, row: known < 0 ? to.names.admit(from.names.text(row)) : known }
    }).sort((a, b) => a.row - b.row)
    const pick = <Values extends Uint32Array | Int32Array | Uint8Array>(values: Values) =>
      values.map((_, at) => values[order[at].i]) as Values
    const { dim } = changes
    return {
      ...changes,
      rows: Uint32Array.from(order, ({ row }) => row),
      shifts: pick(changes.shifts),
      values: changes.values.map((_, at) => changes.values[order[Math.floor(at / dim)].i * dim + (at % dim)]),
      accumulators: pick(changes.accumulators),
      counts: pick(changes.counts)
    }
  })
}

async function packAll({ shared }: Word2Vec): Promise<Delta[]> {
  const packs: Delta[] = []
  for (;;) {
    const pack = await shared.pack(4)
    if (isEmptyDelta(pack)) return packs
    packs.push(pack)
  }
}

const rowsOf = ({ shared }: Word2Vec) => {
  const all = Uint32Array.from({ length: shared.names.size }, (_, row) => row)
  return [all, all]
}

/** For each table all shared values, then all shared accumulators. */
async function sharedOf(model: Word2Vec) {
  const state = await model.shared.readShared(rowsOf(model))
  return state.map(part => [...expandRows(part, 0, part.rows.length), ...part.accumulators])
}

/** What was not sent of the words' vectors: weights - unit · shared, [rows, dim]. */
async function unsentOf(model: Word2Vec): Promise<number[]> {
  const [{ values }] = await model.shared.readShared(rowsOf(model))
  const vectors: number[] = []
  for (let row = 0; row < model.shared.names.size; row++)
    vectors.push(...(await model.vector(model.shared.names.text(row))))
  return vectors.map((weight, at) => weight - UNIT * values[at])
}

function assertClose(actual: readonly number[], expected: readonly number[]) {
  strictEqual(actual.length, expected.length)
  // Adding to an f32 of size 1 rounds by 2^-25.
  actual.forEach((value, at) => {
    ok(Math.abs(value - expected[at]) < 2 ** -20, `value ${at} is ${value}, not ${expected[at]}`)
  })
}

for (const { name, open } of devices) {
  // The software adapter takes a hundred times as long.
  const [size, rounds] = name === 'webgpu' ? [150, 2] : [1000, 4]

  test(`replicas that train while their packs cross in any order end with the same shared values (${name})`, async () => {
    const own = await open()
    const lines = smallLanguage(rounds * size)
    const models = [await word2vec(own, small), await word2vec(own, { ...small, seed: 2 })]
    const made: Delta[][] = [[], []]
    const inbox: Delta[][] = [[], []]
    let state = 7
    const below = (limit: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * limit)
    }
    const send = (me: number, pack: Delta) => {
      made[me].push(pack)
      inbox[1 - me].push(pack)
    }
    const exchange = async (me: number) => {
      send(me, await models[me].shared.pack(4))
      while (inbox[me].length > 0 && below(3) > 0) await receive(me)
    }
    const receive = async (me: number) => {
      const [pack] = inbox[me].splice(below(inbox[me].length), 1)
      await models[me].shared.apply(carried(pack, models[1 - me].shared, models[me].shared))
    }

    for (let first = 0; first < lines.length; first += size) {
      // Each has words of its own, and both have all others.
      const chunks = models.map((_, me) =>
        lines
          .slice(first, first + size)
          .map(line => (me === 0 ? line : line.map(word => word.replace('rare', 'odd'))))
      )
      const training = models.map((model, me) => model.train(chunks[me]).then(() => model.drain()))
      for (let turn = 0; turn < 2; turn++) await Promise.all([exchange(0), exchange(1)])
      await Promise.all(training)
    }
    for (const me of [0, 1]) for (const pack of await packAll(models[me])) send(me, pack)
    for (const me of [0, 1]) while (inbox[me].length > 0) await receive(me)

    ok(made.every(packs => packs.filter(pack => !isEmptyDelta(pack)).length > 1))
    strictEqual(await models[0].shared.sharedHash(), await models[1].shared.sharedHash())
    // And they are the new rows and all packs, summed.
    const fresh = await word2vec(own, { ...small, capacity: models[0].shared.names.size })
    for (let row = 0; row < models[0].shared.names.size; row++)
      fresh.shared.names.admit(models[0].shared.names.text(row))
    await fresh.shared.apply(
      sumDeltas([
        emptyDelta(fresh.shared.tables),
        ...made.flatMap((packs, me) => packs.map(pack => carried(pack, models[me].shared, fresh.shared)))
      ])
    )
    deepStrictEqual(await sharedOf(fresh), await sharedOf(models[0]))
    await own.close()
  })

  test(`what was not sent stays when others' changes come, are adopted, or rows become as new (${name})`, async () => {
    const own = await open()
    const lines = smallLanguage(size)
    const [a, b] = [await word2vec(own, small), await word2vec(own, { ...small, seed: 2 })]
    for (const model of [a, b, a, b]) {
      await model.train(lines)
      await model.drain()
    }
    const packs = await packAll(a)
    const unsent = await unsentOf(b)
    ok(Math.max(...unsent) > 0.001)
    for (const pack of packs) await b.shared.apply(carried(pack, a.shared, b.shared))
    assertClose(await unsentOf(b), unsent)
    strictEqual(await a.shared.sharedHash(), await b.shared.sharedHash())

    await a.train(lines)
    await a.drain()
    await packAll(a)
    notStrictEqual(await a.shared.sharedHash(), await b.shared.sharedHash())
    const [inputs, outputs] = rowsOf(a)
    const rows = [inputs.filter(row => row % 3 > 0), outputs]
    const fresh = inputs.filter(row => row % 3 === 0)
    const state = await a.shared.readShared(rows)
    const freshOfB = carried(await a.shared.readShared([fresh, fresh]), a.shared, b.shared)[0].rows
    await b.shared.adopt(carried(state, a.shared, b.shared), [freshOfB, new Uint32Array(0)])
    assertClose(await unsentOf(b), unsent)
    const [{ values }] = await b.shared.readShared(rowsOf(b))
    for (const row of freshOfB) {
      const [low, high] = b.shared.names.keys(row, row + 1)
      deepStrictEqual(values.slice(row * DIM, (row + 1) * DIM), initRow(low, high, DIM, UNIT, 4))
    }
    await a.shared.adopt(emptyDelta(a.shared.tables), [fresh, new Uint32Array(0)])
    strictEqual(await a.shared.sharedHash(), await b.shared.sharedHash())
    await own.close()
  })
}

test('a pack is taken and applied between two batches of a chunk, not after it', async () => {
  const model = await word2vec(device, { ...small, minCount: 1 })
  const line = new Array<string>(BATCH_SLOTS).fill('word')
  await model.train([line])
  const order: string[] = []
  const training = model.train(new Array(60).fill(line)).then(() => order.push('trained'))
  await model.shared.apply(emptyDelta(model.shared.tables))
  await model.shared.pack(4)
  order.push('exchanged')
  await training
  deepStrictEqual(order, ['exchanged', 'trained'])
  await model.close()
})

test('a pack is 4 MiB at most, from both tables, and the next one has the rest', async () => {
  const model = await word2vec(device, { dim: 1024, capacity: 4000, minCount: 1 })
  await model.train([Array.from({ length: 3500 }, (_, i) => `word${i}`)])
  await model.drain()
  const packs: Delta[] = []
  do packs.push(await model.shared.pack(4))
  while (model.shared.hasMore)
  ok(packs.length > 1)
  for (const pack of packs) ok(deltaBytes(pack) <= 4 * 2 ** 20)
  ok(packs[0].every(({ rows }) => rows.length > 1000))
  const [inputs, outputs] = sumDeltas(packs)
  strictEqual(Math.max(...inputs.counts, ...outputs.counts), 1)
  ok(inputs.rows.length > 2500 && outputs.rows.length > 2500)
  strictEqual(isEmptyDelta(await model.shared.pack(4)), true)
  await model.close()
})

test('the hash of what is shared does not tell slots, nor words that were only met', async () => {
  const [a, b] = [await word2vec(device, small), await word2vec(device, small)]
  const empty = await a.shared.sharedHash()
  for (const word of ['one', 'two', 'three']) a.shared.names.admit(word)
  for (const word of ['three', 'four', 'one', 'five', 'two']) b.shared.names.admit(word)
  strictEqual(await b.shared.sharedHash(), empty)

  const changed = (row: number): Delta => [
    emptyDelta(a.shared.tables)[0],
    {
      dim: DIM,
      rows: Uint32Array.of(row),
      shifts: Uint8Array.of(3),
      values: new Int8Array(DIM).fill(1),
      accumulators: Int32Array.of(5),
      counts: Uint32Array.of(1)
    }
  ]
  await a.shared.apply(changed(1))
  notStrictEqual(await a.shared.sharedHash(), empty)
  await b.shared.apply(changed(4))
  strictEqual(await a.shared.sharedHash(), await b.shared.sharedHash())
  const hashOf = async (model: Word2Vec, row: number) => {
    const hashes = await model.shared.rowHashes()
    return hashes.map(table => [...table.slice(row * 2, row * 2 + 2)])
  }
  deepStrictEqual(await hashOf(a, 1), await hashOf(b, 4))
  const [input, output] = await hashOf(a, 0)
  const [otherInput, otherOutput] = await hashOf(a, 1)
  notStrictEqual(`${input}`, `${otherInput}`)
  notStrictEqual(`${output}`, `${otherOutput}`)
  await a.close()
  await b.close()
})

test('words of others are rows at once, also where the own vocabulary is full or closed, until the room ends', async () => {
  const model = await word2vec(device, { ...small, capacity: 3, minCount: 1 }, () => {})
  const { names, tables } = model.shared
  strictEqual(tables[0].capacity, 3 + 4096)
  await model.scan([['one', 'two', 'three', 'four']])
  await model.train([['one', 'two', 'three']])
  await model.drain()
  deepStrictEqual([names.size, model.counts.refused], [3, 1])

  const foreign = names.admit('foreign')
  strictEqual(names.text(foreign), 'foreign')
  const [low, high] = names.keys(foreign, foreign + 1)
  strictEqual(names.find(low, high), foreign)
  const drawn = Float32Array.from(initRow(low, high, DIM, UNIT, 4), value => value * UNIT)
  deepStrictEqual(await model.vector('foreign'), drawn)
  for (let i = 0; names.size < tables[0].capacity; i++) names.admit(`foreign${i}`)
  throws(() => names.admit('beyond'), {
    name: 'RangeError',
    message:
      'vocabulary: no room for "beyond", which another peer has met: there are 4099 words; raise capacity (now 3)'
  })
  strictEqual((await model.nearest('foreign4094')).length, 10)

  // It learns them as its own from now on.
  await model.train(new Array(100).fill(['foreign', 'foreign4094', 'beyond']))
  await model.drain()
  ok((await model.vector('foreign')).some((value, d) => value !== drawn[d]))
  strictEqual(names.find(low, high), foreign)
  await model.close()
})

test('a model saved alone goes on in a swarm, and one from a swarm alone', async () => {
  const options = { dim: DIM, capacity: 20, minCount: 1 }
  const quiet = () => {}
  const lone = await word2vec(device, options, quiet)
  await lone.train(smallLanguage(100))
  await lone.save(fileStore(join(folder, 'lone')))
  await lone.close()

  const wanted = { ...options, shared: true }
  const { model: shared } = await resumeWord2Vec(device, fileStore(join(folder, 'lone')), wanted, quiet)
  for (let i = 0; i < 50; i++) shared.shared.names.admit(`foreign${i}`)
  await shared.train(smallLanguage(100))
  await shared.save(fileStore(join(folder, 'shared')))
  const hash = await shared.shared.sharedHash()
  await shared.close()

  const { model: again } = await resumeWord2Vec(device, fileStore(join(folder, 'shared')), options, quiet)
  strictEqual(again.counts.vocabulary, 70)
  strictEqual(await again.shared.sharedHash(), hash)
  throws(() => again.shared.names.admit('more'), /no room for "more".*raise capacity \(now 20\)/)
  await again.train(smallLanguage(100))
  await again.drain()
  await again.close()
})

test('deltas that do not fit are refused with nothing changed', async () => {
  const model = await word2vec(device, small)
  model.shared.names.admit('one')
  const before = await sharedOf(model)
  const delta = (row: number): Delta =>
    model.shared.tables.map(({ dim }) => ({
      dim,
      rows: Uint32Array.of(row),
      shifts: Uint8Array.of(0),
      values: new Int8Array(dim).fill(1),
      accumulators: Int32Array.of(1),
      counts: Uint32Array.of(1)
    }))
  await rejects(
    model.shared.apply([delta(0)[0], delta(1)[1]]),
    /word2vec: table output has 1 rows so far; got row 1/
  )
  await rejects(model.shared.apply(delta(0).slice(1)), /word2vec: a delta has 2 tables; got 1/)
  await rejects(
    model.shared.apply([{ ...delta(0)[0], dim: 4 }, delta(0)[1]]),
    /word2vec: rows of table input have 8 values; got 4/
  )
  deepStrictEqual(await sharedOf(model), before)
  await model.close()
})

test('a training that failed is not shared', async () => {
  const model = await word2vec(device, { ...small, optimizer: 'sgd', schedule: 'linear' })
  await rejects(
    model.train([new Array(BATCH_SLOTS * 2).fill('word')]),
    /the linear schedule must know the end/
  )
  await rejects(
    model.shared.pack(4),
    /word2vec: not packed, since training had failed \(word2vec: the linear schedule/
  )
  await model.close()
})
