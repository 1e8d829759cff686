import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Command } from 'commander'
import { swarmChoice, swarmOptions } from '../../src/cli/swarm-options.ts'
import { newSwarmKey, parseSwarmKey } from '../../src/net/node-swarm-key.ts'
import { folder } from './tensair.ts'

const place = folder({ after })
const peer = '12D3KooWGRUfLMGyMNYGDBYgkcUPVvSiT8JTqZNNWp1FvQoDwJAM'

function parse(...args: string[]): Command {
  const command = new Command('word2vec').exitOverride().configureOutput({ outputError: () => {} })
  for (const option of swarmOptions()) command.addOption(option)
  return command.parse(args, { from: 'user' })
}

const choose = (...args: string[]) => swarmChoice(parse(...args), 'out')

test('a name is enough: the rest has defaults', async () => {
  deepStrictEqual(await choose('--swarm', 'news'), {
    name: 'news',
    bootstrap: [],
    listen: ['/ip4/0.0.0.0/tcp/0'],
    announce: [],
    mdns: true,
    shard: 'auto',
    metrics: { host: '127.0.0.1', port: 0 },
    state: join('out', 'peer')
  })
})

test('every option comes through', async () => {
  const key = newSwarmKey()
  const file = join(place, 'swarm.key')
  writeFileSync(file, key)
  const [a, b] = [`/ip4/192.0.2.7/tcp/4001/p2p/${peer}`, `/dns4/host.example/tcp/4001/p2p/${peer}`]
  const listen = ['/ip4/127.0.0.1/tcp/0', '/ip6/::1/tcp/4001']
  const choice = await choose(
    ...['--swarm', 'news', '--swarm-key', file, '--no-mdns', '--shard', '2/3', '--metrics', '9100'],
    ...['--bootstrap', a, '--bootstrap', b, '--announce', '/dns4/me.example/tcp/4001'],
    ...listen.flatMap(address => ['--listen', address]),
    ...['--exchange-every', '20000', '--state', 'here']
  )
  deepStrictEqual(choice, {
    name: 'news',
    psk: parseSwarmKey(key),
    bootstrap: [a, b],
    listen,
    announce: ['/dns4/me.example/tcp/4001'],
    mdns: false,
    shard: { index: 2, count: 3 },
    metrics: { host: '127.0.0.1', port: 9100 },
    exchangeEvery: 20_000,
    state: 'here'
  })
})

test('metrics can be served at a host that is named', () => {
  for (const [text, host, port] of [
    ['0.0.0.0:9100', '0.0.0.0', 9100],
    ['localhost:0', 'localhost', 0],
    ['[::1]:80', '::1', 80]
  ] as const) {
    deepStrictEqual(parse('--metrics', text).opts().metrics, { host, port })
  }
})

test('lines can be fed to whoever has room', async () => {
  strictEqual((await choose('--swarm', 'news', '--shard', 'feed'))?.shard, 'feed')
})

test('without a name there is no swarm', async () => {
  strictEqual(await choose(), undefined)
})

for (const args of [
  ['--no-mdns'],
  ['--shard', 'none'],
  ['--bootstrap', 'anything'],
  ['--state', 'x'],
  ['--metrics', '1']
]) {
  test(`${args[0]} without a swarm is refused`, async () => {
    await rejects(choose(...args), {
      name: 'UsageError',
      message: `start: ${args[0]} needs a swarm; give --swarm NAME`
    })
  })
}

for (const [option, value, wanted] of [
  ['--swarm', '', /Wanted a name, at most 256 bytes/],
  ['--swarm', 'é'.repeat(129), /Wanted a name, at most 256 bytes/],
  ['--shard', '0/3', /Wanted auto, none, feed, or a part as 1\/3/],
  ['--shard', '4/3', /Wanted auto, none, feed, or a part as 1\/3/],
  ['--shard', 'fed', /Wanted auto, none, feed, or a part as 1\/3/],
  ['--shard', 'half', /Wanted auto, none, feed, or a part as 1\/3/],
  ['--metrics', '65536', /Wanted a port from 0 to 65535, or HOST:PORT/],
  ['--metrics', ':9100', /Wanted a port from 0 to 65535, or HOST:PORT/],
  ['--metrics', 'http://x:1', /Wanted a port from 0 to 65535, or HOST:PORT/],
  ['--exchange-every', '0', /Wanted a whole number, at least 1/]
] as const) {
  test(`${option} ${value.slice(0, 12) || '(nothing)'} is refused, saying what is wanted`, () => {
    throws(() => parse(option, value), { name: 'CommanderError', message: wanted })
  })
}

test('addresses that are none are refused before anything starts', async () => {
  for (const [option, value, wanted] of [
    [
      '--listen',
      'localhost:4001',
      /^start: --listen: an IP address .* got "localhost:4001", which is no multiaddr$/
    ],
    ['--bootstrap', '/ip4/192.0.2.7/tcp/4001', /^start: --bootstrap: .* which ends without \/p2p\//],
    ['--announce', '/ip4/192.0.2.7/tcp/0', /^start: --announce: .* which has no port$/]
  ] as const) {
    await rejects(choose('--swarm', 'news', option, value), { name: 'UsageError', message: wanted })
  }
})

test('a key file that is missing or holds no key is refused, and not shown', async () => {
  const missing = join(place, 'missing.key')
  await rejects(choose('--swarm', 'news', '--swarm-key', missing), {
    name: 'UsageError',
    message: /^start: --swarm-key: .*missing\.key cannot be read \(.*\); tensair keygen makes one$/
  })
  const broken = join(place, 'broken.key')
  writeFileSync(broken, 'secret')
  await rejects(choose('--swarm', 'news', '--swarm-key', broken), {
    name: 'UsageError',
    message: /^start: --swarm-key .*broken\.key: swarm key: three lines wanted(?!.*secret)/
  })
})
