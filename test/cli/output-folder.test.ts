import { match, notStrictEqual, ok, strictEqual } from 'node:assert'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { topicText } from '../corpus.ts'
import { folder, launcher, type Outcome, type Running, start } from './tensair.ts'

const place = folder({ after })
writeFileSync(join(place, 'mine.txt'), topicText(6000))
const swarm = `test-${process.pid}`

/** Runs `tensair` in a folder of the test's, as a terminal that stands there. */
function startThere(t: TestContext, args: readonly string[], where = place): Running {
  const program = ['sh', '-c', 'cd "$0" && exec "$@"', where, process.execPath, launcher]
  const running = start(args, program)
  t.after(async () => {
    running.kill('SIGKILL')
    await running.outcome
  })
  return running
}

/** The same command in each terminal; it waits for more text, so it runs until it is interrupted. */
const command = [
  ...['start', 'word2vec', '--input', 'mine.txt', '--swarm', swarm, '--follow', '--json'],
  ...['--device', 'wasm', '--threads', '1', '--dim', '16', '--exchange-every', '1000']
]

async function interrupt(running: Running): Promise<Outcome> {
  running.kill('SIGINT')
  const outcome = await running.outcome
  strictEqual(outcome.code, 130, outcome.stderr)
  return outcome
}

test('the same command in two terminals makes two peers, with a folder each; and so does --resume', async t => {
  const first = startThere(t, command)
  await first.event('started')
  const second = startThere(t, command)
  const notice = await second.event('warning')
  match(
    String(notice.message),
    /^\.tensair\/word2vec is in use by process \d+; this peer saves in \.tensair\/word2vec-2$/
  )
  await Promise.all([first.event('peer-joined'), second.event('peer-joined')])

  const shown = await startThere(t, ['peers', '--json']).outcome
  strictEqual(shown.code, 0, shown.stderr)
  const status = JSON.parse(shown.stdout)
  strictEqual(status.members.length, 2)
  strictEqual(status.peer, (await second.event('peer-joined')).peer)
  strictEqual(
    shown.stderr,
    'this is the peer in .tensair/word2vec/peer; for the others: --state .tensair/word2vec-2/peer\n'
  )

  const alone = await startThere(t, ['start', 'word2vec', '--input', 'mine.txt', '--json']).outcome
  strictEqual(alone.code, 2)
  match(alone.stderr, /^tensair: start: \.tensair\/word2vec is in use by process \d+; [^\n]*\n$/)
  await interrupt(first)
  await interrupt(second)

  const refused = await startThere(t, command).outcome
  strictEqual(refused.code, 2)
  match(refused.stderr, /there is a model in \.tensair\/word2vec; /)

  const resumed = startThere(t, [...command, '--resume'])
  notStrictEqual((await resumed.event('progress')).words, 0)
  const other = startThere(t, [...command, '--resume'])
  strictEqual((await other.event('warning')).message, 'going on with the model in .tensair/word2vec-2')
  const third = await startThere(t, [...command, '--resume']).outcome
  strictEqual(third.code, 2)
  match(
    third.stderr,
    /--resume found no model that is not in use \(\.tensair\/word2vec, \.tensair\/word2vec-2 are\)/
  )
})

test('--resume in a place without a model is refused, and leaves nothing', async t => {
  const empty = join(place, 'empty')
  mkdirSync(empty)
  const { code, stderr } = await startThere(t, [...command, '--resume'], empty).outcome
  strictEqual(code, 2)
  match(stderr, /^tensair: start: --resume found no model in \.tensair\/word2vec\n$/)
  ok(!existsSync(join(empty, '.tensair')))
})

test('where no peer runs, peers says where it looked', async t => {
  const { code, stderr } = await startThere(t, ['peers'], join(place, 'empty')).outcome
  strictEqual(code, 2)
  match(stderr, /^tensair: peers: no peer runs in \.tensair; give --state FOLDER, or [^\n]*\n$/)
})
