// The sentiment job at several peers of a swarm, as processes.

import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { AlarmEvent, SentimentEvent } from '../../src/jobs/sentiment-events.ts'
import { csv } from '../../src/sources/csv.ts'
import { weather } from '../models/weather.ts'
import { found, PeerProcess, together } from './swarm-processes.ts'
import { folder, start } from './tensair.ts'

const place = folder({ after })
const TWEETS = fileURLToPath(
  new URL('../../../shared/data/tweets/sentiment140_sample_by_time.csv.gz', import.meta.url)
)

/** A peer that predicts what it is given, or reads. */
class SentimentPeer extends PeerProcess {
  constructor(
    test: { after(act: () => Promise<void>): void },
    name: string,
    bootstrap: readonly string[],
    options: readonly string[]
  ) {
    const output = join(place, name)
    const running = start([
      ...['start', 'sentiment', '--json', '--swarm', 'test', '--no-mdns', '--state', join(output, 'peer')],
      ...['--listen', '/ip4/127.0.0.1/tcp/0', '--exchange-every', '128'],
      ...bootstrap.flatMap(address => ['--bootstrap', address]),
      ...options
    ])
    test.after(async () => {
      running.kill('SIGKILL')
      await running.outcome
    })
    super(running, output)
  }

  fedTweets = 0

  feedTweets(lines: readonly string[]): void {
    this.feed(lines)
    this.fedTweets += lines.length
  }

  /** Tweets it has predicted, as its last figures say. */
  get tweets(): number {
    return this.emitted.findLast(({ type }) => type === 'figures')?.tweets ?? 0
  }

  /** What its flow has emitted so far. */
  get emitted(): SentimentEvent[] {
    return (this.told as unknown as { event: string; item: SentimentEvent }[]).flatMap(({ event, item }) =>
      event === 'item' ? [item] : []
    )
  }

  get phase(): string | undefined {
    return this.emitted.findLast(({ type }) => type === 'training' || type === 'stable')?.type
  }

  get alarms(): AlarmEvent[] {
    return this.emitted.filter(event => event.type === 'alarm')
  }

  get accuracy(): number {
    return this.emitted.findLast(event => event.type === 'figures')?.accuracy ?? 0
  }
}

const given = ['--input', '-', '--format', 'ndjson', '--window', '200', '--every', '50']
const weathers = ['--labels', 'sun', '--labels', 'rain']

/** So many peers that know one another, and read what they are fed. */
async function peersOf(
  t: TestContext,
  name: string,
  count: number,
  options: readonly string[] = weathers
): Promise<SentimentPeer[]> {
  const first = new SentimentPeer(t, `${name}-0`, [], [...given, ...options])
  const bootstrap = await first.addresses()
  const others = Array.from(
    { length: count - 1 },
    (_, i) => new SentimentPeer(t, `${name}-${i + 1}`, bootstrap, [...given, ...options])
  )
  await together([first, ...others])
  return [first, ...others]
}

/** Texts of which one in ten is labelled wrong, or with `swapped` nine in ten. */
function texts(count: number, seed: number, swapped = false): string[] {
  return weather(count, seed).map(({ text, label }, i) => {
    const wrong = (i % 10 === 0) !== swapped
    return JSON.stringify({ text, label: wrong ? (label === 'sun' ? 'rain' : 'sun') : label })
  })
}

/** Resolves when the peers have ended by themselves, with one model. */
async function endTogether(peers: readonly SentimentPeer[]): Promise<void> {
  for (const peer of peers) peer.end()
  const ends = await Promise.all(peers.map(peer => peer.ended()))
  match(ends[0]?.sharedHash ?? '', /^(?!0{32})[\da-f]{32}$/)
  for (const { sharedHash } of ends) strictEqual(sharedHash, ends[0]?.sharedHash)
}

/** Feeds each peer lines of its own and waits until it has predicted them: so the same happens to all at about the same time. */
async function feedAll(peers: readonly SentimentPeer[], linesOf: (peer: number) => string[]): Promise<void> {
  for (const [i, peer] of peers.entries()) peer.feedTweets(linesOf(i))
  await found('the peers have predicted what they were fed', () => {
    return peers.every(peer => peer.tweets >= peer.fedTweets) || undefined
  })
}

/** Feeds the peers texts until it holds. */
async function feedUntil(
  peers: readonly SentimentPeer[],
  swapped: boolean,
  what: string,
  holds: () => boolean
): Promise<void> {
  for (let round = 0; !holds(); round++) {
    ok(round < 100, `${what}, after ${round} rounds`)
    await feedAll(peers, i => texts(50, 1 + (swapped ? 1000 : 0) + 10 * round + i, swapped))
  }
}

const all = (peers: readonly SentimentPeer[], phase: string) => () =>
  peers.every(peer => peer.phase === phase)

describe('sentiment in a swarm', { concurrency: 3, timeout: 180_000 }, () => {
  test('a drift makes both peers adapt and both stop, and they end with one model', async t => {
    const peers = await peersOf(t, 'two', 2)
    await feedUntil(peers, false, 'both have learned', all(peers, 'stable'))
    await feedUntil(peers, true, 'both adapt', all(peers, 'training'))
    await feedUntil(peers, true, 'both have caught up', all(peers, 'stable'))
    await endTogether(peers)
    for (const peer of peers) {
      deepStrictEqual(peer.warnings, [])
      ok(peer.accuracy > 0.8, `${peer.accuracy}`)
    }
    const drifts = peers.map(peer => peer.emitted.filter(({ type }) => type === 'drift').length)
    const alarms = peers.map(peer => peer.alarms.length)
    // Each heard of what the other found, once.
    deepStrictEqual(alarms, drifts.toReversed())
    ok(alarms[0] + alarms[1] >= 1)
  })

  test('one of three is killed in the middle of an adaptation: the others catch up, and end with one model', async t => {
    const peers = await peersOf(t, 'three', 3)
    await feedUntil(peers, false, 'all have learned', all(peers, 'stable'))
    await feedUntil(peers, true, 'all adapt', all(peers, 'training'))
    const [killed, ...others] = peers
    killed?.kill('SIGKILL')
    await feedUntil(others, true, 'the others have caught up', all(others, 'stable'))
    await endTogether(others)
    for (const peer of others) ok(peer.accuracy > 0.8, `${peer.accuracy}`)
  })

  test('two peers find a swap of the labels of Sentiment140 and learn it', {
    skip: existsSync(TWEETS) ? false : '../shared/data/tweets is not there'
  }, async t => {
    const rows = await Array.fromAsync(csv(TWEETS))
    const labels = ['--labels', '0', '--labels', '4', '--swap-at', '2500']
    const peers = await peersOf(t, 'tweets', 2, labels)
    for (let first = 0; first < 8000; first += 200) {
      const some = rows.slice(first, first + 200)
      await feedAll(peers, i =>
        some
          .filter((_, at) => at % 2 === i)
          .map(({ text = '', label = '' }) => JSON.stringify({ text, label }))
      )
    }
    await endTogether(peers)
    for (const peer of peers) {
      deepStrictEqual(peer.warnings, [])
      const marks = peer.emitted.filter(({ type }) => type === 'training' || type === 'stable')
      deepStrictEqual(
        marks.map(({ type }) => type),
        ['training', 'stable', 'training', 'stable']
      )
      const [, , drift] = marks
      ok(drift !== undefined && drift.tweets > 2500 && drift.tweets < 2750, JSON.stringify(marks))
      ok(peer.accuracy > 0.6, `${peer.accuracy}`)
    }
  })

  test('peers that read one file divide its tweets among them', async t => {
    const input = join(place, 'weather.ndjson')
    await writeFile(input, texts(900, 5).join('\n'))
    const parts = [1, 2, 3].map(
      i => new SentimentPeer(t, `part-${i}`, [], [...weathers, '--input', input, '--shard', `${i}/3`])
    )
    const items = await Promise.all(
      parts.map(async peer => {
        await peer.ended()
        const end = peer.told.at(-1) as unknown as { items: number }
        return end.items
      })
    )
    strictEqual(
      items.reduce((a, b) => a + b),
      900
    )
    ok(Math.min(...items) > 100, `${items}`)
  })
})
