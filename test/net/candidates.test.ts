import { ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { Candidates } from '../../src/net/candidates.ts'
import type { Member } from '../../src/net/messages.ts'

const MOST = 1024
const record = (peer: string, start: number): Member => ({
  age: { start, peer },
  addresses: [`/at/${peer}/${start}`],
  version: 1,
  source: '',
  position: 0,
  words: 0,
  packs: 0,
  finished: false,
  left: false
})

test('there is room for 1,024: who failed most gives way, and hearsay to what discovery found', () => {
  const candidates = new Candidates(() => 0.5)
  for (let i = 0; i < MOST; i++) candidates.learn(record(`p${i}`, 0), true, 0)
  candidates.learn(record('late', 0), true, 0)
  strictEqual(candidates.get('late'), undefined)

  candidates.failed(candidates.get('p7'), true, 0)
  candidates.learn(record('late', 0), true, 0)
  ok(candidates.get('late'))
  strictEqual(candidates.get('p7'), undefined)

  candidates.discovered('here', ['/at/here'], 0)
  ok(candidates.get('here'))
  strictEqual([...candidates].length, MOST)
})

test('new addresses, a later start and new life end a back-off; the same once more does not', () => {
  const candidates = new Candidates(() => 0.5)
  candidates.discovered('p', ['/at/p/0'], 0)
  const p = candidates.get('p')
  ok(p)
  const failed = () => {
    candidates.failed(p, true, 1_000)
    ok(p.notBefore > 1_000)
  }
  failed()
  candidates.discovered('p', ['/at/p/0'], 1_000)
  ok(p.notBefore > 1_000)
  candidates.discovered('p', ['/at/p/1'], 1_000)
  strictEqual(p.notBefore, 1_000)

  candidates.learn(record('p', 5), false, 1_000)
  failed()
  candidates.learn(record('p', 5), false, 1_000)
  ok(p.notBefore > 1_000)
  candidates.learn(record('p', 6), false, 1_000)
  strictEqual(p.notBefore, 1_000)
  failed()
  candidates.learn(record('p', 6), true, 1_000)
  strictEqual(p.notBefore, 1_000)
})

test('addresses without a peer are one candidate however often they are told', () => {
  const candidates = new Candidates(() => 0.5)
  for (let i = 0; i < 3; i++) candidates.discovered(undefined, ['/at/a', '/at/b'], i)
  strictEqual([...candidates].length, 1)
})
