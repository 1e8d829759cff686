import { ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { ExchangePace } from '../../src/net/exchange-pace.ts'

const near = (value: number, wanted: number) =>
  ok(Math.abs(value / wanted - 1) < 0.1, `${value}, not ${wanted}`)

test('packing and applying take their share of the time', () => {
  const pace = new ExchangePace(1 / 16)
  strictEqual(pace.notBefore(3), 0)
  pace.begin(1000)
  pace.packed(3)
  strictEqual(pace.notBefore(1), 1000 + 16 * 3)
  pace.applied(1, 2)
  strictEqual(pace.notBefore(1), 1000 + 16 * (3 + 2))
  strictEqual(pace.notBefore(3), 1000 + 16 * 3 * (3 + 2))
  strictEqual(pace.notBefore(0), 1000)
  pace.begin(2000)
  strictEqual(pace.notBefore(3), 2000 + 16 * 3 * 2)
})

test('what a pack costs is the mean of many, each of a sum for itself', () => {
  const pace = new ExchangePace(1 / 16)
  pace.begin(0)
  for (let n = 0; n < 100; n++) pace.applied(1, 2)
  near(pace.notBefore(1), 16 * 2)
  for (let n = 0; n < 100; n++) pace.applied(4, 4)
  near(pace.notBefore(1), 16)
})

test('where an exchange makes several packs, those of others count as many', () => {
  const pace = new ExchangePace(1 / 16)
  pace.begin(0)
  for (let pack = 0; pack < 3; pack++) pace.packed(1)
  for (let n = 1; n < 100; n++) pace.applied(3, 6)
  near(pace.notBefore(1), 16 * (3 + 6))
})

test('peers pack as often as each other, however they began', () => {
  const peers = Array.from({ length: 8 }, () => ({ pace: new ExchangePace(1 / 16), packs: 0 }))
  for (let now = 0; now < 60_000; now++) {
    for (const [i, peer] of peers.entries()) {
      // All but the first have packed a hundred times when it comes.
      if (now < Math.max(peer.pace.notBefore(7), i === 0 ? 10_000 : i)) continue
      peer.pace.begin(now)
      peer.pace.packed(5)
      peer.packs += now < 20_000 ? 0 : 1
      for (const other of peers) if (other !== peer) other.pace.applied(1, 7)
    }
  }
  const counts = peers.map(peer => peer.packs)
  ok(Math.max(...counts) - Math.min(...counts) <= 1, counts.join(' '))
})
