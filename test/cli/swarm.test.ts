import { deepStrictEqual, match, notStrictEqual, ok, strictEqual } from 'node:assert'
import { writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { Feeding, take, topicLines } from './swarm-feeding.ts'
import { agreed, found, startPeer, together } from './swarm-processes.ts'
import { folder, tensair } from './tensair.ts'

const place = folder({ after })
const output = (name: string) => join(place, name)

describe('processes of a swarm', { concurrency: 3, timeout: 180_000 }, () => {
  test('two that are told nothing of each other meet by mDNS, train one model and end with the same', async t => {
    const swarm = `mdns-${process.pid}`
    const peers = ['mdns-0', 'mdns-1'].map(name =>
      startPeer(t, { output: output(name), swarm, mdns: true, listen: '/ip4/0.0.0.0/tcp/0' })
    )
    await together(peers)
    for (const [i, peer] of peers.entries()) {
      peer.feed(take(topicLines(i), 1000))
      peer.end()
    }
    await agreed(peers)
  })

  test('one that is interrupted leaves with code 130, and resumed is one of them again', async t => {
    const first = startPeer(t, { output: output('stays-0') })
    const bootstrap = await first.addresses()
    const others = ['stays-1', 'leaves'].map(name => startPeer(t, { output: output(name), bootstrap }))
    const [stays, leaves] = others
    const feeding = new Feeding([first, ...others])
    t.after(() => feeding.end())
    await together([first, ...others])
    const began = performance.now()
    await found(
      'the one that is to leave learns',
      async () => (await leaves.status()).framesApplied > 5 || undefined
    )

    const halfway = (began + performance.now()) / 2
    feeding.leave(leaves)
    leaves.kill('SIGINT')
    const left = await leaves.ended(130)
    strictEqual(left.event, 'interrupted')
    match(left.sharedHash ?? '', /^[\da-f]{32}$/)
    await together([first, stays])

    const back = startPeer(t, { output: output('leaves'), bootstrap, more: ['--resume'] })
    await back.status()
    feeding.add(back)
    const peers = [first, stays, back]
    await together(peers)
    await found('it learns again', async () => (await back.status()).framesApplied > 5 || undefined)
    const { stalenessMax, rejected } = await back.status()
    ok(
      stalenessMax < performance.now() - halfway,
      `what it had was given to it again: ${stalenessMax} ms old`
    )
    deepStrictEqual(rejected, {})
    feeding.end()
    await agreed(peers)
    ok((await back.ended()).words > left.words)
  })

  test('peers and /metrics tell what a peer is doing', async t => {
    const root = startPeer(t, { output: output('told-0') })
    const child = startPeer(t, { output: output('told-1'), bootstrap: await root.addresses() })
    const peers = [root, child]
    const feeding = new Feeding(peers)
    t.after(() => feeding.end())
    await together(peers)
    await found('both learn', async () => {
      const states = await Promise.all(peers.map(peer => peer.status()))
      return states.every(({ packs, framesApplied }) => packs > 2 && framesApplied > 2) || undefined
    })

    const { code, stdout, stderr } = await tensair(['peers', '--state', child.state, '--json'])
    strictEqual(code, 0, stderr)
    const status = JSON.parse(stdout)
    const { peer } = await root.status()
    strictEqual(status.root, false)
    deepStrictEqual(
      status.links.map((link: { peer: string; role: string }) => [link.peer, link.role]),
      [[peer, 'parent']]
    )
    strictEqual(status.members.length, 2)
    ok(status.members.every((member: { words: number }) => member.words > 0))
    ok(status.bytesIn > 0 && status.bytesOut > 0 && status.stalenessMax > 0)

    const metrics = await (await fetch(`${root.statusAddress}/metrics`)).text()
    const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1])
    strictEqual(value('tensair_peers'), 2)
    strictEqual(value('tensair_links'), 1)
    strictEqual(value('tensair_root'), 1)
    for (const name of ['packs', 'frames_applied', 'received_bytes', 'sent_bytes', 'words']) {
      ok(value(`tensair_${name}_total`) > 0, metrics)
    }
    feeding.end()
    await agreed(peers)
  })

  test('two with different jobs are told why in words, and each trains by itself', async t => {
    const one = startPeer(t, { output: output('dim-16') })
    const two = startPeer(t, { output: output('dim-20'), dim: 20, bootstrap: await one.addresses() })
    const difference = (here: number, there: number) =>
      new RegExp(
        `^swarm: peer \\S+ cannot take part: its job is another: dim ${there} there and ${here} here; start both`
      )
    await found(
      'both say that the jobs differ',
      () => (one.warnings.length > 0 && two.warnings.length > 0) || undefined
    )
    for (const peer of [one, two]) {
      peer.feed(take(topicLines(1), 200))
      peer.end()
    }
    const [a, b] = await Promise.all([one.ended(), two.ended()])
    for (const warning of one.warnings) match(warning, difference(16, 20))
    for (const warning of two.warnings) match(warning, difference(20, 16))
    deepStrictEqual([a.event, a.words, b.event, b.words], ['done', 2400, 'done', 2400])
  })

  test('who has another key never meets those who have the right one', async t => {
    const keys = await Promise.all(
      ['key', 'other-key'].map(async name => {
        const { code, stderr } = await tensair(['keygen', '--output', output(name)])
        strictEqual(code, 0, stderr)
        return output(name)
      })
    )
    const withKey = (name: string, key: string, bootstrap: readonly string[] = []) =>
      startPeer(t, { output: output(name), bootstrap, more: ['--swarm-key', key] })
    const first = withKey('inside-0', keys[0])
    const bootstrap = await first.addresses()
    const outside = withKey('outside', keys[1], bootstrap)
    const keyless = startPeer(t, { output: output('keyless'), bootstrap })
    await Promise.all([outside.status(), keyless.status()])
    const second = withKey('inside-1', keys[0], bootstrap)
    await together([first, second])
    const peers = [first, second, outside, keyless]
    for (const [i, peer] of peers.entries()) {
      peer.feed(take(topicLines(i), 500))
      peer.end()
    }
    await agreed([first, second])
    const { sharedHash } = await first.ended()
    for (const stranger of [outside, keyless]) {
      const end = await stranger.ended()
      notStrictEqual(end.sharedHash, sharedHash)
      ok(stranger.told.every(({ event }) => event !== 'peer-joined'))
    }
  })

  test('--shard 1/2 and 2/2 train each line once', async t => {
    const file = output('halves.txt')
    writeFileSync(file, `${take(topicLines(1), 5000).join('\n')}\n`)
    const one = startPeer(t, { output: output('half-1'), input: file, more: ['--shard', '1/2'] })
    const bootstrap = await one.addresses()
    const two = startPeer(t, { output: output('half-2'), input: file, bootstrap, more: ['--shard', '2/2'] })
    const [a, b] = await Promise.all([one.ended(), two.ended()])
    ok(a.words > 25_000 && b.words > 25_000, `${a.words} and ${b.words}`)
    strictEqual(a.words + b.words, 60_000)
  })

  test('two that read the same text divide it: each line is trained once', async t => {
    const text = `${take(topicLines(1), 10_000).join('\n')}\n`
    // What a peer reads first is to name the text; it gets the text to train on when both are there.
    const asked = new Set<string>()
    const waiting: ServerResponse[] = []
    const server = createServer(({ url = '' }, response) => {
      if (asked.has(url)) waiting.push(response)
      else response.end(text)
      asked.add(url)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const { port } = server.address() as AddressInfo
    const input = (name: string) => `http://127.0.0.1:${port}/${name}`
    const one = startPeer(t, { output: output('shared-0'), input: input('0') })
    const bootstrap = await one.addresses()
    const two = startPeer(t, { output: output('shared-1'), input: input('1'), bootstrap })
    await together([one, two])
    await found('both ask for the text', () => waiting.length === 2 || undefined)
    for (const response of waiting) response.end(text)
    const [a, b] = await Promise.all([one.ended(), two.ended()])
    ok(a.words > 40_000 && b.words > 40_000, `${a.words} and ${b.words}`)
    strictEqual(a.words + b.words, 120_000)
    strictEqual(a.sharedHash, b.sharedHash)
  })
})
