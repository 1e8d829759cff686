import { ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { ExchangePace } from '../../src/net/exchange-pace.ts'
import type { Ranges } from '../../src/net/messages.ts'

const packs = (origin: string, first: number, last = first): Ranges => new Map([[origin, [first, last]]])

const near = (value: number, wanted: number) =>
  ok(Math.abs(value / wanted - 1) < 0.1, `${value}, not ${wanted}`)

test('packing and applying take their share of the time', () => {
  const pace = new ExchangePace(1 / 16)
  strictEqual(pace.notBefore, 0)
  pace.begin(1000)
  pace.packed(3)
  strictEqual(pace.notBefore, 1000 + 16 * 3)
  pace.applied(packs('a', 1), 2)
  pace.applied(packs('b', 1), 2)
  strictEqual(pace.notBefore, 1000 + 16 * (3 + 2 + 2))
  pace.begin(2000)
  strictEqual(pace.notBefore, 2000)
})

test('origins that pack again and again count once each', () => {
  const pace = new ExchangePace(1 / 16)
  pace.begin(0)
  pace.packed(3)
  for (let n = 1; n <= 100; n++) pace.applied(packs('a', n), 2)
  near(pace.notBefore, 16 * (3 + 2))
  for (let n = 1; n <= 100; n++) {
    pace.applied(packs('a', 100 + n), 2)
    pace.applied(packs('b', n), 2)
  }
  near(pace.notBefore, 16 * (3 + 2 + 2))
})

test('where an exchange makes several packs, those of others count as many', () => {
  const pace = new ExchangePace(1 / 16)
  pace.begin(0)
  for (let pack = 0; pack < 3; pack++) pace.packed(1)
  for (let n = 1; n < 100; n += 3) pace.applied(packs('a', n, n + 2), 6)
  near(pace.notBefore, 16 * (3 + 6))
})

test('peers pack as often as each other, however they began and though together they keep to no share', () => {
  const pack = 5
  const apply = 7
  const peers = Array.from({ length: 8 }, () => ({ pace: new ExchangePace(1 / 16), packs: 0 }))
  for (let now = 0; now < 60_000; now++) {
    for (const [i, peer] of peers.entries()) {
      // All but the first have packed a thousand times when it comes.
      if (now < Math.max(peer.pace.notBefore, i === 0 ? 10_000 : i)) continue
      peer.pace.begin(now)
      peer.pace.packed(pack)
      peer.packs += now < 20_000 ? 0 : 1
      for (const other of peers) if (other !== peer) other.pace.applied(packs(`${i}`, 1), apply)
    }
  }
  const counts = peers.map(peer => peer.packs)
  ok(Math.min(...counts) > Math.max(...counts) / 2, counts.join(' '))
  const wanted = 40_000 / (16 * (pack + 7 * apply))
  for (const count of counts) ok(count > wanted / 2 && count < wanted * 2, `${count}, not about ${wanted}`)
})
