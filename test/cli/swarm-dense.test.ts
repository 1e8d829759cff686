import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { found, PeerProcess, together } from './swarm-processes.ts'
import { folder, start } from './tensair.ts'

const place = folder({ after })
const job = fileURLToPath(new URL('jobs/digits.ts', import.meta.url))
const NUMBERS = Array.from({ length: 12_000 }, (_, i) => `${i}`)

interface DigitsPeer {
  readonly peer: PeerProcess
  /** On digits that nobody has trained; once the peer has ended. */
  readonly accuracy: () => number
}

/** Starts a peer that trains the digits whose numbers it is fed; it is killed when the test is over. */
function startDigits(
  test: { after(act: () => Promise<void>): void },
  name: string,
  more: readonly string[] = []
): DigitsPeer {
  const output = join(place, name)
  const result = join(place, `${name}.json`)
  const running = start(['start', job, '--json', '--threads', '1', '--output', result, ...more])
  test.after(async () => {
    running.kill('SIGKILL')
    await running.outcome
  })
  return {
    peer: new PeerProcess(running, output),
    accuracy: () => JSON.parse(readFileSync(result, 'utf8')).accuracy
  }
}

/** The same as a peer of a swarm. */
function joinDigits(
  test: { after(act: () => Promise<void>): void },
  name: string,
  { bootstrap = [], more = [] }: { bootstrap?: readonly string[]; more?: readonly string[] } = {}
): DigitsPeer {
  return startDigits(test, name, [
    ...[
      '--swarm',
      'digits',
      '--no-mdns',
      '--listen',
      '/ip4/127.0.0.1/tcp/0',
      '--state',
      join(place, name, 'peer')
    ],
    ...['--exchange-every', '200', ...bootstrap.flatMap(address => ['--bootstrap', address]), ...more]
  ])
}

describe('networks in a swarm', { concurrency: 2, timeout: 120_000 }, () => {
  test('two processes train one network on the digits they divide, and it comes to what one makes of all of them', async t => {
    const alone = startDigits(t, 'alone')
    alone.peer.feed(NUMBERS)
    alone.peer.end()
    const first = joinDigits(t, 'first', { more: ['--shard', '1/2'] })
    const bootstrap = await first.peer.addresses()
    const second = joinDigits(t, 'second', { bootstrap, more: ['--shard', '2/2'] })
    const both = [first, second]
    await together(both.map(({ peer }) => peer))
    for (const { peer } of both) {
      peer.feed(NUMBERS)
      peer.end()
    }
    const ends = await Promise.all(both.map(({ peer }) => peer.ended()))
    await alone.peer.ended()
    match(ends[0].sharedHash ?? '', /^(?!0{32})[\da-f]{32}$/)
    strictEqual(ends[0].sharedHash, ends[1].sharedHash)
    // As measured: 0.928 together, 0.934 alone.
    for (const { accuracy } of both)
      ok(
        accuracy() > 0.88 && accuracy() > alone.accuracy() - 0.03,
        `${accuracy()}; alone ${alone.accuracy()}`
      )
    deepStrictEqual(
      both.flatMap(({ peer }) => peer.warnings),
      []
    )
  })

  test('of three processes the root is killed in mid-training; the others go on to one network that has learned', async t => {
    const root = joinDigits(t, 'root')
    const bootstrap = await root.peer.addresses()
    const others = ['left', 'right'].map(name => joinDigits(t, name, { bootstrap }))
    const peers = [root, ...others].map(({ peer }) => peer)
    await together(peers)
    const feed = (first: number, end: number) => {
      for (const [i, peer] of peers.entries()) {
        if (peer.over) continue
        peer.feed(NUMBERS.filter((_, number) => number >= first && number < end && number % 3 === i))
      }
    }
    feed(0, 3000)
    await found('packs of each are at all', async () => {
      const states = await Promise.all(peers.map(peer => peer.status()))
      return states.every(({ packs, framesApplied }) => packs >= 3 && framesApplied >= 3) || undefined
    })
    root.peer.kill('SIGKILL')
    await root.peer.outcome
    feed(3000, 12_000)
    for (const { peer } of others) peer.end()
    const [left, right] = await Promise.all(others.map(({ peer }) => peer.ended()))
    strictEqual(left.sharedHash, right.sharedHash)
    for (const { accuracy } of others) ok(accuracy() > 0.88, `${accuracy()}`)
    deepStrictEqual(
      others.flatMap(({ peer }) => peer.warnings),
      []
    )
  })

  test('peers whose networks begin with other weights are told why they do not train together', async t => {
    const one = joinDigits(t, 'one')
    const other = joinDigits(t, 'other', { bootstrap: await one.peer.addresses(), more: ['--seed', '2'] })
    await found(
      'both say so',
      () => (one.peer.warnings.length > 0 && other.peer.warnings.length > 0) || undefined
    )
    for (const { peer } of [one, other])
      match(
        peer.warnings[0],
        /its job is another: network, first weights \(see seeded\(\)\) "[\da-f]{32}" there and "[\da-f]{32}" here; start both with the same options/
      )
  })
})
