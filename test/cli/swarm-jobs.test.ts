import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { hasCheckpoint } from '../../src/models/checkpoint.ts'
import { fileStore } from '../../src/sinks/file-store.ts'
import { emitted, startJobPeer } from './routing-peers.ts'
import { take, topicLines } from './swarm-feeding.ts'
import { found, type PeerProcess, together } from './swarm-processes.ts'
import { folder } from './tensair.ts'

const place = folder({ after })

async function tells(peer: PeerProcess, name: string): Promise<void> {
  await found(`${peer.output} tells ${name}`, () => {
    return peer.told.some(({ event }) => event === name) || undefined
  })
}

describe('jobs of users in a swarm', { concurrency: 3, timeout: 180_000 }, () => {
  test('two peers without a model meet, see each other in their flow and metrics, and leave politely', async t => {
    const first = startJobPeer(t, { job: 'ticks', folder: join(place, 'ticks-0') })
    const second = startJobPeer(t, {
      ...{ job: 'ticks', folder: join(place, 'ticks-1') },
      bootstrap: await first.addresses()
    })
    await together([first, second])
    await found('both flows know of two peers', () => {
      return [first, second].every(peer => emitted(peer).at(-1) === 2) || undefined
    })
    const metrics = await found('its items are counted', async () => {
      const text = await (await fetch(`${first.statusAddress}/metrics`)).text()
      return /^tensair_items_total [1-9]/m.test(text) ? text : undefined
    })
    match(metrics, /^tensair_peers 2$/m)
    match(metrics, /^tensair_items_per_second [1-9]/m)
    ok(!metrics.includes('tensair_words_total'))

    await tells(first, 'peer-joined')
    second.kill('SIGINT')
    strictEqual((await second.outcome).code, 130)
    await tells(first, 'peer-left')
    await found('and its flow too', () => emitted(first).at(-1) === 1 || undefined)
    first.kill('SIGINT')
    strictEqual((await first.outcome).code, 130)
    deepStrictEqual([...first.warnings, ...second.warnings], [])
    strictEqual(existsSync(join(first.state, 'status.json')), false)
  })

  test('peers whose jobs do not agree are told why, and each runs by itself', async t => {
    const one = startJobPeer(t, { job: 'ticks', folder: join(place, 'one'), more: ['--agreed', 'a'] })
    const two = startJobPeer(t, {
      ...{ job: 'ticks', folder: join(place, 'two'), more: ['--agreed', 'b'] },
      bootstrap: await one.addresses()
    })
    await found('both say so', () => (one.warnings.length > 0 && two.warnings.length > 0) || undefined)
    match(
      one.warnings[0],
      /its job is another: agreed "b" there and "a" here; start both with the same options/
    )
    strictEqual(emitted(two).at(-1), 1)
  })

  test('a job with a model shares it: two peers end with the same, and save it', async t => {
    const options = (name: string) => ({
      job: 'vectors',
      folder: join(place, name),
      more: [
        ...['--output', join(place, name, 'model'), '--device', 'wasm', '--threads', '1'],
        ...['--exchange-every', '1000']
      ]
    })
    const first = startJobPeer(t, options('vectors-0'))
    const second = startJobPeer(t, {
      ...options('vectors-1'),
      bootstrap: await first.addresses()
    })
    const peers = [first, second]
    await together(peers)
    for (const [i, peer] of peers.entries()) {
      peer.feed(take(topicLines(i), 1000))
      peer.end()
    }
    const ends = await Promise.all(peers.map(peer => peer.ended()))
    match(ends[0].sharedHash ?? '', /^(?!0{32})[\da-f]{32}$/)
    strictEqual(ends[0].sharedHash, ends[1].sharedHash)
    for (const peer of peers) {
      ok(await hasCheckpoint(fileStore(join(peer.output, 'model'))))
      ok(peer.told.some(({ event }) => event === 'waiting'))
      deepStrictEqual(peer.warnings, [])
    }
  })
})
