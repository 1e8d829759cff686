import { match, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { linesOf } from '../corpus.ts'
import { launcher, type Outcome, start, tensair } from './tensair.ts'

/** Says that a command line was refused as wrong use: code 2, one line, no stack, nothing on standard output. */
function refused({ code, stdout, stderr }: Outcome, message: RegExp): void {
  strictEqual(code, 2, stderr)
  strictEqual(stdout, '')
  strictEqual(linesOf(stderr).length, 1, stderr)
  match(stderr, message)
}

test('--help lists the commands and the exit codes', async () => {
  const { code, stdout } = await tensair(['--help'])

  strictEqual(code, 0)
  for (const name of [
    'demo',
    'start',
    'serve',
    'peers',
    'keygen',
    'nearest',
    'analogy',
    'eval',
    'export',
    'doctor'
  ])
    match(stdout, new RegExp(`^ +${name}`, 'm'))
  match(stdout, /130 interrupted after saving/)
})

for (const command of [
  ['demo'],
  ['start', 'word2vec'],
  ['serve'],
  ['peers'],
  ['keygen'],
  ['nearest'],
  ['analogy'],
  ['eval'],
  ['export'],
  ['doctor']
]) {
  test(`every option of ${command.join(' ')} has its default in --help`, async () => {
    const { code, stdout } = await tensair([...command, '--help'])

    strictEqual(code, 0)
    // An option begins in the third column; what is deeper belongs to it.
    const options = stdout
      .split(/^ {2}(?=-)/m)
      .slice(1)
      .filter(option => !option.startsWith('-h,'))
    for (const option of options) match(option, /default:/, option)
  })
}

test('a command that does not exist is refused', async () => {
  refused(await tensair(['frobnicate']), /unknown command 'frobnicate'/)
})

test('an option that does not exist is refused, and the one meant is named', async () => {
  refused(await tensair(['start', 'word2vec', '--dimm', '64']), /unknown option '--dimm'.*--dim\?/)
})

test('a missing argument is refused', async () => {
  refused(await tensair(['nearest']), /missing required argument 'word'/)
})

const wrong: readonly (readonly [option: string, value: string, wanted: RegExp])[] = [
  ['--dim', '130', /multiple of 4, at most 1024/],
  ['--window', '0', /from 1 to 15/],
  ['--negatives', '5.5', /whole number/],
  ['--subsample', 'often', /number from 0/],
  ['--rate', '0', /number above 0/],
  ['--optimizer', 'adam', /adagrad, sgd/],
  ['--device', 'tpu', /auto, webgpu, wasm/],
  ['--seed', '-1', /from 0 to 4294967295/],
  ['--threads', '', /from 1 to 256/],
  ['--shard', '4/3', /auto, none, feed, or a part as 1\/3/],
  ['--state', 'x', /start: --state needs a swarm; give --swarm NAME/]
]
for (const [option, value, wanted] of wrong) {
  test(`${option} ${value || '(nothing)'} is refused, saying what is wanted`, async () => {
    refused(await tensair(['start', 'word2vec', `${option}=${value}`]), wanted)
  })
}

test('a Node that is too old is told so in one line', async () => {
  const pretend = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.20.2"})'
  const { code, stderr } = await start(['doctor'], [process.execPath, '--import', pretend, launcher]).outcome

  strictEqual(code, 1)
  match(stderr, /^tensair: needs Node 24 or later, this is 20\.20\.2[^\n]*\n$/)
})
