import { match, ok, strictEqual } from 'node:assert'
import { after, before, test } from 'node:test'
import type { Device } from '../../kernels/contract.ts'
import { openWasm } from '../../kernels/wasm/device.ts'
import { isEmptyDelta } from '../../src/delta.ts'
import { PackBounds } from '../../src/models/pack-bounds.ts'
import { type Word2Vec, word2vec } from '../../src/models/word2vec.ts'
import type { Delta, TableShape } from '../../src/types.ts'

let device: Device
before(async () => {
  device = await openWasm({ threads: 1 })
})
after(() => device.close())

const TABLE: TableShape = { name: 'rows', dim: 4, unit: 2 ** -20, capacity: 1000 }
const WORDS = 50_000
// A power of two, so that a pack of whole numbers holds it, and ten of it.
const STEP = 2 ** -7

/** A pack of 100 rows: each value changes by ±`step`, each accumulator grows by `growth` units. */
function pack(step: number, growth = 1000, count = 1): Delta {
  const shift = Math.max(0, Math.ceil(Math.log2(step / TABLE.unit / 127)))
  const value = Math.round(step / TABLE.unit / 2 ** shift)
  return [
    {
      dim: 4,
      rows: Uint32Array.from({ length: 100 }, (_, row) => row),
      shifts: new Uint8Array(100).fill(shift),
      values: new Int8Array(400).map((_, i) => (i % 2 === 0 ? value : -value)),
      accumulators: new Int32Array(100).fill(growth),
      counts: new Uint32Array(100).fill(count)
    }
  ]
}

/** A peer that has packed this often. */
function bounds({ packs = 5, growth = 1000 } = {}): PackBounds {
  const made = new PackBounds({ tables: [TABLE] })
  for (let i = 0; i < packs; i++) made.own(pack(STEP, growth), WORDS)
  return made
}

test('replicas that train together take each other’s packs, but not tenfold and backwards', async () => {
  const lines = frequentAndRare(20_000)
  const options = { dim: 16, capacity: 2000, window: 3, subsample: 0, minCount: 1, shared: true }
  const peers: { name: string; model: Word2Vec; bounds: PackBounds; words: number; next: number }[] = []
  for (let seed = 1; seed <= 4; seed++) {
    const model = await word2vec(device, { ...options, seed })
    // All words are known to all from the start, so that rows have the same numbers.
    for (const word of new Set(lines.flat())) model.shared.names.admit(word)
    peers.push({
      name: `peer ${seed}`,
      model,
      bounds: new PackBounds(model.shared),
      words: 0,
      next: seed * 100
    })
  }
  let [judged, sick, caught] = [0, 0, 0]
  for (let turn = 0; turn < 36; turn++) {
    const peer = peers[turn % peers.length]
    const share = 800 + 400 * (turn % peers.length)
    await peer.model.train(Array.from({ length: share }, () => lines[peer.next++ % lines.length]))
    await peer.model.drain()
    const delta = await peer.model.shared.pack(4)
    const words = peer.model.counts.words - peer.words
    peer.words = peer.model.counts.words
    ok(!isEmptyDelta(delta))
    peer.bounds.own(delta, words)
    const backwards = delta.map(changes => ({
      ...changes,
      values: Int16Array.from(changes.values, value => value * -10)
    }))
    for (const other of peers.filter(other => other !== peer)) {
      if (turn >= 4 * peers.length) {
        sick++
        if (other.bounds.judge(`sick ${peer.name}`, backwards, words, 1000) !== undefined) caught++
      }
      judged++
      strictEqual(other.bounds.judge(peer.name, delta, words, 1000), undefined, `turn ${turn}`)
      await other.model.shared.apply(delta)
    }
  }
  ok(judged > 90 && caught > 0.8 * sick, `${caught} of ${sick} were caught`)
  for (const { model } of peers) await model.close()
})

/** Lines of ten words about one of four topics of 300 words each, the first of them much more frequent than the last. */
function frequentAndRare(lines: number): string[][] {
  let state = 42
  const share = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return Array.from({ length: lines }, () => {
    const topic = 'abcd'[Math.floor(share() * 4)]
    return Array.from({ length: 10 }, () => `${topic}${Math.floor(300 * share() ** 3)}`)
  })
}

test('steps are too long where they are so for their words and for what their accumulators grow by', () => {
  strictEqual(bounds().judge('a', pack(3.5 * STEP), WORDS, 1000), undefined)
  match(
    bounds().judge('a', pack(10 * STEP), WORDS, 1000) ?? '',
    /^its steps in table rows are 10 times as long as usual; 4 is the most$/
  )
  // Whoever trains a hundred times the words, or rows that are a hundred times as new, takes steps ten times as long.
  strictEqual(bounds().judge('a', pack(10 * STEP), WORDS * 100, 1000), undefined)
  strictEqual(bounds().judge('a', pack(10 * STEP, 100_000), WORDS, 1000), undefined)
})

test('a pack of more words may have longer steps, since early ones agree', () => {
  const words = 4 * WORDS
  strictEqual(bounds().judge('a', pack(13 * STEP), words, 1000), undefined)
  match(bounds().judge('a', pack(18 * STEP), words, 1000) ?? '', /5\.2 times as long as usual/)
})

test('what a peer made while there was no link is taken, unless it has been refused', () => {
  const made = bounds()
  const apart = { apart: true }
  strictEqual(made.judge('a', pack(10 * STEP), WORDS, 1000, apart), undefined)
  // It does not say what is usual for that peer.
  match(made.judge('a', pack(10 * STEP), WORDS, 1000) ?? '', /10 times as long as usual/)
  match(made.judge('a', pack(10 * STEP), WORDS, 1000, apart) ?? '', /10 times as long as usual/)
  match(made.judge('b', pack(20), WORDS, 1000, apart) ?? '', /changes by 20\.\d; 8 is the most$/)
})

test('rows that this peer does not train tell nothing', () => {
  const others = pack(10 * STEP).map(changes => ({ ...changes, rows: changes.rows.map(row => row + 90) }))
  strictEqual(bounds().judge('a', others, WORDS, 1000), undefined)
})

test('without accumulators steps are judged by the words alone, once enough is known', () => {
  strictEqual(bounds({ packs: 4, growth: 0 }).judge('a', pack(10 * STEP, 0), WORDS, 1000), undefined)
  match(bounds({ growth: 0 }).judge('a', pack(10 * STEP, 0), WORDS, 1000) ?? '', /10 times as long as usual/)
  strictEqual(bounds({ packs: 1 }).judge('a', pack(10 * STEP), WORDS, 1000), undefined)
  match(bounds({ packs: 2 }).judge('a', pack(10 * STEP), WORDS, 1000) ?? '', /10 times as long as usual/)
})

test('a peer that trains nothing itself goes by the others', () => {
  const made = bounds({ packs: 0 })
  for (const peer of ['a', 'b', 'c']) strictEqual(made.judge(peer, pack(STEP), WORDS, 1000), undefined)
  match(made.judge('d', pack(10 * STEP), WORDS, 1000) ?? '', /10 times as long as usual/)
  strictEqual(made.judge('d', pack(STEP), WORDS, 1000), undefined)
})

test('packs that belong together are judged together', () => {
  const made = bounds()
  for (let part = 0; part < 8; part++) {
    strictEqual(made.judge('a', pack(STEP), part === 0 ? WORDS : 0, 0), undefined, `part ${part}`)
  }
  const own = bounds({ packs: 0 })
  for (let part = 0; part < 200; part++) own.own(pack(STEP), part % 100 === 0 ? WORDS : 0)
  strictEqual(own.judge('a', pack(10 * STEP), WORDS, 1000), undefined)
  match(own.judge('a', pack(80 * STEP), WORDS, 1000) ?? '', /times as long as usual/)
})

test('whatever the others do, rows have limits', () => {
  const made = bounds({ packs: 0 })
  match(
    made.judge('a', pack(20), WORDS, 1000) ?? '',
    /^a row of table rows changes by 20\.\d; 8 is the most$/
  )
  match(
    made.judge('a', pack(STEP, -65), WORDS, 1000) ?? '',
    /^an accumulator of table rows grows by -65; -64 to \d+ are/
  )
  match(
    made.judge('a', pack(STEP, 2 ** 31 - 1), 10, 1000) ?? '',
    /^an accumulator of table rows grows by 2147483647/
  )
  match(
    made.judge('a', pack(STEP, 10, 2), WORDS, 1000) ?? '',
    /^a row of table rows counts as 2 packs; there are 1$/
  )
  strictEqual(made.judge('a', pack(STEP, -1), WORDS, 1000), undefined)
})

test('words that no device can have trained are not believed', () => {
  const made = bounds()
  const hours = 20_000_000 * 3600
  strictEqual(made.judge('a', pack(STEP), hours, 1000), undefined)
  match(made.judge('a', pack(STEP), 20_000_001, 1000) ?? '', /^it says it trained 20000001 words in 1000 ms$/)
  match(made.judge('a', pack(STEP), -1, 1000) ?? '', /^it says it trained -1 words/)
  match(made.judge('a', pack(STEP), Number.NaN, 1000) ?? '', /^it says it trained NaN words/)
})
