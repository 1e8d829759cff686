import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { FlowEndEvent } from '../../src/jobs/flow-events.ts'
import { type Item, itemsOf, writeDigits } from './digit-images.ts'
import { found, PeerProcess, together } from './swarm-processes.ts'
import { folder, launcher, start } from './tensair.ts'

const EPOCHS = 4
const OF_EACH = 30
/** That one peer would learn alone. */
const IMAGES = EPOCHS * 10 * OF_EACH

/** A folder with digits, where peers are started. */
function placeOf(t: TestContext): string {
  const place = folder(t)
  writeDigits(join(place, 'digits', 'train'), 0, OF_EACH)
  writeDigits(join(place, 'digits', 'test'), 800, 10)
  return place
}

/** Starts a peer, as in a terminal that stands there; `state` is the folder around that of its state. */
function startPeer(t: TestContext, place: string, state: string, more: readonly string[]): PeerProcess {
  const command = [
    ...['start', 'images', '--data', 'digits', '--device', 'wasm', '--threads', '1', '--json'],
    ...['--batch', '8', '--rate', '0.002', '--swarm', 'test', '--exchange-every', '32'],
    ...['--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', ...more]
  ]
  const running = start(command, ['sh', '-c', 'cd "$0" && exec "$@"', place, process.execPath, launcher])
  t.after(async () => {
    running.kill('SIGKILL')
    await running.outcome
  })
  return new PeerProcess(running, join(place, state))
}

/** Starts two peers that begin to learn together: the first, which the second must know of, waits until that is there. */
async function startTwo(
  startOne: (which: 0 | 1, more: readonly string[]) => PeerProcess
): Promise<[PeerProcess, PeerProcess]> {
  const first = startOne(0, [])
  const addresses = await first.addresses()
  first.kill('SIGSTOP')
  const second = startOne(
    1,
    addresses.flatMap(address => ['--bootstrap', address])
  )
  await found('the second begins', () => second.told.some(({ event }) => event === 'started') || undefined)
  first.kill('SIGCONT')
  await together([first, second])
  return [first, second]
}

/** Two networks that were saved are the same, bit for bit. */
function sameNetwork(one: string, other: string): void {
  for (const file of ['weights.bin', 'model.safetensors', 'confusion.csv', 'samples.png'])
    ok(readFileSync(join(one, file)).equals(readFileSync(join(other, file))), `${file} is the same`)
}

const endOf = async (peer: PeerProcess) => (await peer.ended()) as unknown as FlowEndEvent

const resultOf = (peer: PeerProcess) =>
  itemsOf(peer.told).find(({ type }) => type === 'result') as Item & { readonly accuracy: number }

test('two peers divide the images, and end with the same network, bit for bit, which they have tested', {
  timeout: 120_000
}, async t => {
  const place = placeOf(t)
  const [first, second] = await startTwo((which, more) => {
    const output = ['first', 'second'][which]
    return startPeer(t, place, output, [
      ...['--epochs', String(EPOCHS), '--output', output, '--state', join(output, 'peer'), ...more]
    ])
  })
  const ends = await Promise.all([first, second].map(endOf))
  match(ends[0].sharedHash ?? '', /^(?!0{32})[\da-f]{32}$/)
  strictEqual(ends[0].sharedHash, ends[1].sharedHash)
  sameNetwork(first.output, second.output)
  deepStrictEqual(resultOf(first), resultOf(second))
  ok(resultOf(first).accuracy > 0.6, `${resultOf(first).accuracy}`)
  // Until they have found each other, each learns all there is.
  const [many, some] = ends.map(({ items }) => items)
  ok(many < IMAGES && some < IMAGES && many + some >= IMAGES, `${many} and ${some} of ${IMAGES}`)
})

test('peers started alike save in folders of their own; interrupted, both go on with --resume, and agree', {
  timeout: 120_000
}, async t => {
  const place = placeOf(t)
  const states = ['', '-2'].map(number => `.tensair/jobs/images${number}`)
  const outputs = ['', '-2'].map(number => `.tensair/images${number}`)
  const startWith = (options: readonly string[]) =>
    startTwo((which, more) => startPeer(t, place, states[which], [...options, ...more]))
  const peers = await startWith(['--epochs', '1000'])
  match(
    peers[1].warnings[0],
    /^\.tensair\/images is in use by process \d+; this peer saves in \.tensair\/images-2$/
  )
  await found('each has learned something of the other', async () => {
    const told = await Promise.all(peers.map(peer => peer.status()))
    return told.every(({ packs, framesApplied }) => packs >= 3 && framesApplied >= 3) || undefined
  })
  for (const peer of peers) peer.kill('SIGINT')
  await Promise.all(peers.map(peer => peer.ended(130)))
  deepStrictEqual(
    peers.flatMap(peer => itemsOf(peer.told).filter(({ type }) => type === 'result')),
    []
  )

  const epochs = outputs.map(output => Number(readFileSync(join(place, output, 'epoch.json'), 'utf8')))
  const resumed = await startWith(['--resume', '--epochs', String(Math.max(...epochs) + 3)])
  deepStrictEqual(resumed[1].warnings, ['going on with the model in .tensair/images-2'])
  const ends = await Promise.all(resumed.map(endOf))
  strictEqual(ends[0].sharedHash, ends[1].sharedHash)
  sameNetwork(join(place, outputs[0]), join(place, outputs[1]))
  ok(resultOf(resumed[0]).accuracy > 0.6, `${resultOf(resumed[0]).accuracy}`)
})
