import { match, ok, strictEqual } from 'node:assert'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { topicText } from '../corpus.ts'
import { folder, type Outcome, type Running, start, tensair } from './tensair.ts'

const place = folder({ after })
const corpus = join(place, 'corpus.txt')
writeFileSync(corpus, topicText(6000))
const small = ['--device', 'wasm', '--threads', '1', '--dim', '16', '--json']
const library = new URL('../../src/cli/output-lock.ts', import.meta.url).href

/** A run that goes on until its input ends, and is killed when the test is over. */
function openRun(t: TestContext, output: string): Running {
  const running = start(['start', 'word2vec', '--output', output, ...small])
  t.after(async () => {
    running.kill('SIGKILL')
    await running.outcome
  })
  running.write(topicText(3000))
  return running
}

function train(output: string, ...more: string[]): Promise<Outcome> {
  return tensair(['start', 'word2vec', '--input', corpus, '--output', output, ...small, ...more])
}

function refused({ code, stdout, stderr }: Outcome, message: RegExp): void {
  strictEqual(code, 2, stderr)
  strictEqual(stdout, '')
  match(stderr, message)
  match(stderr, /^[^\n]*\n$/)
}

test('a folder in which a run saves is refused to others until that has ended', async t => {
  const output = join(place, 'used')
  const running = openRun(t, output)
  await running.event('started')

  const inUse = new RegExp(`^tensair: start: .*used is in use by process ${running.process}; .*--output`)
  refused(await train(output), inUse)
  refused(await train(output, '--overwrite'), inUse)
  running.end()
  strictEqual((await running.outcome).code, 0)
  ok(!existsSync(join(output, 'lock')))
  strictEqual((await train(output, '--resume')).code, 0)
})

test('a run that was killed leaves its folder to the next', async t => {
  const output = join(place, 'killed')
  const running = openRun(t, output)
  await running.event('started')
  running.kill('SIGKILL')
  await running.outcome

  ok(existsSync(join(output, 'lock')))
  strictEqual((await train(output)).code, 0)
  ok(!existsSync(join(output, 'lock')))
})

test('a lock is stale where its process began at another time than it says, or it says nothing', async () => {
  const reused = JSON.stringify({ process: process.pid, host: hostname(), began: '1' })
  for (const [index, text] of [reused, '', 'not JSON'].entries()) {
    // Only Linux tells when a process began.
    if (text === reused && process.platform !== 'linux') continue
    const output = join(place, `stale-${index}`)
    mkdirSync(output)
    writeFileSync(join(output, 'lock'), text)
    strictEqual(await contend(output), 'taken')
  }
})

test('a lock of another host is kept, and the file to remove is named', async () => {
  const output = join(place, 'elsewhere')
  mkdirSync(output)
  const text = JSON.stringify({ process: 1, host: 'elsewhere.invalid' })
  writeFileSync(join(output, 'lock'), text)

  refused(
    await train(output),
    /by process 1 of elsewhere\.invalid \(if that is gone, remove .*elsewhere.lock\)/
  )
  strictEqual(readFileSync(join(output, 'lock'), 'utf8'), text)
})

test('a run that is refused leaves no folder behind', async () => {
  const outer = join(place, 'outer')
  refused(await train(join(outer, 'inner'), '--resume'), /found no model/)
  ok(!existsSync(outer))
})

test('a folder in which nothing can be saved is refused', async () => {
  refused(await train(corpus), /^tensair: output: nothing can be saved in .*corpus\.txt: /)
})

test('of processes that come at once, one takes a folder whose holder is gone', async () => {
  const output = join(place, 'contended')
  mkdirSync(output)
  for (let round = 0; round < 2; round++) {
    writeFileSync(join(output, 'lock'), JSON.stringify({ process: 2 ** 30, host: hostname() }))
    const came = await contendAll(output, 4)
    strictEqual(came.filter(outcome => outcome === 'taken').length, 1, `${came}`)
  }
})

test('two processes may not be one peer: a --state in use is refused', async () => {
  const state = join(place, 'state')
  mkdirSync(state)
  writeFileSync(join(state, 'lock'), JSON.stringify({ process: process.pid, host: hostname() }))

  refused(
    await train(join(place, 'other'), '--swarm', 'test', '--no-mdns', '--state', state),
    /state is in use by process \d+; .*--state/
  )
})

/** What a process comes to that asks for a folder: 'taken' or 'refused'. */
async function contend(output: string): Promise<string> {
  return (await contendAll(output, 1))[0] ?? ''
}

/** The same for several that ask at the same moment, of which none ends before all have had their answer. */
async function contendAll(output: string, count: number): Promise<string[]> {
  const script = `
    const { lockFolder } = await import(${JSON.stringify(library)})
    console.log(JSON.stringify({ event: 'ready' }))
    await new Promise(resolve => process.stdin.once('data', resolve))
    const holder = await lockFolder(${JSON.stringify(output)})
    console.log(JSON.stringify({ event: 'answer', is: holder === undefined ? 'taken' : 'refused' }))
    process.stdin.resume()`
  const running = Array.from({ length: count }, () =>
    start([], [process.execPath, '--input-type=module', '--eval', script])
  )
  await Promise.all(running.map(one => one.event('ready')))
  for (const one of running) one.write('go\n')
  const answers = await Promise.all(running.map(one => one.event('answer')))
  for (const one of running) one.end()
  await Promise.all(running.map(one => one.outcome))
  return answers.map(answer => String(answer.is))
}
