import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { events, folder, launcher, type Running, start } from './tensair.ts'

const place = folder({ after })
const LOOK_MS = 20
const withoutMulticast = [
  'unshare',
  '--map-root-user',
  '--net',
  'sh',
  '-c',
  'ip link set lo up && exec "$@"',
  'sh'
]

/** The demo with a folder of its own; its peers are killed when the test is over, should they still be there. */
function startDemo(t: TestContext, name: string, more: readonly string[], program?: readonly string[]) {
  const output = join(place, name)
  const running = start(['demo', '--output', output, '--device', 'wasm', ...more], program)
  t.after(async () => {
    for (const pid of peersOf(output)) kill(pid)
    running.kill('SIGKILL')
    await running.outcome
  })
  return { running, output }
}

/** The processes that use the two folders. */
function peersOf(output: string): number[] {
  return [output, join(output, 'second')].flatMap(folder => {
    try {
      return [JSON.parse(readFileSync(join(folder, 'lock'), 'utf8')).process]
    } catch {
      return []
    }
  })
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Resolves once both peers train and know each other. */
async function bothAtWork(running: Running): Promise<void> {
  const ready = () =>
    new Set(
      events(wholeLines(running.stdout)).flatMap(told => (told.event === 'peer-joined' ? [told.peer] : []))
    )
  await running.event('started')
  while (ready().size < 2) await new Promise(resolve => setTimeout(resolve, LOOK_MS))
}

const wholeLines = (text: string) => text.slice(0, text.lastIndexOf('\n') + 1)

test('two peers find each other by mDNS, train together and show that they end with the same model', async t => {
  const { running, output } = startDemo(t, 'whole', ['--words', '1000000'])
  const { code, stdout, stderr } = await running.outcome

  strictEqual(code, 0, stderr)
  match(stderr, /two peers are training, each on WASM/)
  match(stdout, /^found by +mDNS$/m)
  const [, first, second] = /^1 +\S+ M +([\da-f]{32})\n2 +\S+ M +([\da-f]{32})$/m.exec(stdout) ?? []
  ok(first !== undefined && first === second, stdout)
  match(stdout, /both are equal/)
  match(stdout, /^president {2}/m)
  for (const folder of [output, join(output, 'second')]) {
    ok(existsSync(join(folder, 'checkpoint.json')))
    ok(!existsSync(join(folder, 'lock')))
  }
})

test('Ctrl-C makes both save and end with code 130; without multicast they were told of each other', async t => {
  // Where this machine permits no network of its own, the one it has.
  const isolated = works([...withoutMulticast, 'true'])
  const program = isolated ? [...withoutMulticast, process.execPath, launcher] : undefined
  const { running, output } = startDemo(t, 'interrupted', ['--json'], program)
  await bothAtWork(running)
  const peers = peersOf(output)
  running.kill('SIGINT')
  const { code, stdout, stderr } = await running.outcome

  strictEqual(code, 130, stderr)
  strictEqual(stderr, '')
  const told = events(stdout)
  for (const number of [1, 2]) {
    const own = told.filter(({ peer }) => peer === number).map(({ event }) => event)
    ok(own.includes('started') && own.includes('progress') && own.includes('interrupted'), `${own}`)
  }
  const both = told.filter(({ peer }) => peer === undefined)
  deepStrictEqual(
    both.map(({ event, peers, foundBy }) => ({ event, peers, foundBy })),
    [{ event: 'interrupted', peers: 2, foundBy: isolated ? 'address' : 'mDNS' }]
  )
  strictEqual(told.at(-1), both[0])
  strictEqual(peers.length, 2)
  ok(!peers.some(lives))
  for (const folder of [output, join(output, 'second')]) ok(existsSync(join(folder, 'checkpoint.json')))
})

test('a second demo in the same folder is refused; when one peer dies, the demo says so in one line and the other is gone too', async t => {
  const { running, output } = startDemo(t, 'killed', ['--json'])
  await bothAtWork(running)
  const refused = await start(['demo', '--output', output, '--device', 'wasm']).outcome
  strictEqual(refused.code, 2)
  strictEqual(refused.stdout, '')
  match(
    refused.stderr,
    /^tensair: demo: .*killed(\/second)? is in use by process \d+; wait for it, [^\n]*\n$/
  )

  const peers = peersOf(output)
  kill(peers[1] ?? 0)
  const { code, stderr } = await running.outcome

  strictEqual(code, 1)
  strictEqual(stderr, 'tensair: demo: peer 2 was ended by SIGKILL\n')
  strictEqual(peers.length, 2)
  ok(!peers.some(lives))
})

test('when the demo itself is killed, its peers end too', async t => {
  const { running, output } = startDemo(t, 'orphans', ['--json'])
  await running.event('started')
  while (peersOf(output).length < 2) await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  const peers = peersOf(output)
  running.kill('SIGKILL')
  await running.outcome

  while (peers.some(lives)) await new Promise(resolve => setTimeout(resolve, LOOK_MS))
})

function works([file = '', ...args]: readonly string[]): boolean {
  try {
    execFileSync(file, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
