import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { decode } from 'fast-png'
import { lockFolder } from '../../src/cli/output-lock.ts'
import { type Item, itemsOf, writeDigits } from './digit-images.ts'
import { events, start, tensair } from './tensair.ts'

let root: string
let data: string
before(() => {
  root = mkdtempSync(join(tmpdir(), 'tensair-'))
  data = join(root, 'digits')
  writeDigits(join(data, 'train'), 0, 30)
  writeDigits(join(data, 'test'), 800, 10)
  writeFileSync(join(data, 'train', '3', 'bad.png'), 'no image')
})
after(() => rmSync(root, { recursive: true, force: true }))

const images = (...more: readonly string[]) =>
  ['start', 'images', '--data', data, '--device', 'wasm', '--threads', '1', '--batch', '8', ...more] as const

const items = (stdout: string) => itemsOf(events(stdout))

/** The bytes of a saved network's weight. */
function weightOf(folder: string, wanted: string): Uint8Array {
  const json: Saved = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'))
  let at = 0
  for (const { name, shape } of json.weightsManifest[0].weights) {
    const end = at + 4 * shape.reduce((all, size) => all * size, 1)
    if (name === wanted) return readFileSync(join(folder, 'weights.bin')).subarray(at, end)
    at = end
  }
  throw new Error(`${folder} has no weight ${wanted}`)
}

interface Saved {
  readonly weightsManifest: readonly {
    readonly weights: readonly { readonly name: string; readonly shape: readonly number[] }[]
  }[]
}

describe('start images', () => {
  test('learns digits up to convergence, tests the network and saves it; another run predicts the same', async () => {
    const output = join(root, 'first')
    const { code, stdout, stderr } = await tensair([
      ...images('--rate', '0.002', '--samples', '6', '--output', output),
      ...['--epochs', '9', '--patience', '1', '--tolerance', '100', '--json']
    ])
    strictEqual(code, 0, stderr)
    const told = items(stdout)
    deepStrictEqual(
      told.filter(({ type }) => type !== 'progress').map(({ type }) => type),
      ['data', 'epoch', 'epoch', 'converged', 'result']
    )
    const result = told.at(-1) as Item & { accuracy: number; confusion: number[][]; samples: object[] }
    ok(result.accuracy > 0.6, `accuracy ${result.accuracy}`)
    strictEqual(result.skipped, 1)
    strictEqual(
      result.confusion.flat().reduce((sum, count) => sum + count),
      100
    )
    strictEqual(result.samples.length, 6)
    const warnings = events(stdout).filter(({ event }) => event === 'warning')
    strictEqual(warnings.length, 1)
    match(String(warnings[0]?.message), /^skipped: images: .*bad\.png: wanted a JPEG or PNG image/)
    const end = events(stdout).at(-1)
    deepStrictEqual([end?.event, end?.items], ['done', 600])

    deepStrictEqual(
      readdirSync(output).filter(name => !name.startsWith('checkpoint')),
      [
        'classes.json',
        'confusion.csv',
        'epoch.json',
        'model.json',
        'model.safetensors',
        'samples.png',
        'weights.bin'
      ]
    )
    deepStrictEqual(
      JSON.parse(readFileSync(join(output, 'classes.json'), 'utf8')),
      Array.from({ length: 10 }, (_, digit) => String(digit))
    )
    const table = readFileSync(join(output, 'confusion.csv'), 'utf8').trim().split('\n')
    strictEqual(table[0], 'truth \\ predicted,0,1,2,3,4,5,6,7,8,9')
    strictEqual(table[4], `3,${result.confusion[3].join(',')}`)
    ok(decode(readFileSync(join(output, 'samples.png'))).width > 6 * 28)

    const other = join(root, 'second')
    const asked = await tensair([
      ...images('--model', output, '--mode', 'never', '--samples', '6', '--output', other),
      '--json'
    ])
    strictEqual(asked.code, 0, asked.stderr)
    const [, again] = items(asked.stdout)
    deepStrictEqual({ ...again, skipped: 1 }, result)
    ok(!existsSync(join(other, 'model.json')))
  })

  test('answers while it learns, saves on Ctrl-C, and --resume goes on; so does fine-tuning, with frozen layers', async () => {
    const output = join(root, 'interrupted')
    const run = start([...images('--epochs', '1000', '--output', output, '--serve', '0'), '--json'])
    await run.event('progress')
    const { url } = items(run.stdout)[1]
    const answer = await fetch(`${url}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body: readFileSync(join(data, 'test', '7', '7.png'))
    })
    const { outputs, classes } = (await answer.json()) as { outputs: number[][]; classes: string[] }
    deepStrictEqual([outputs.length, outputs[0].length, classes.length], [1, 10, 1])
    run.kill('SIGINT')
    const { code, stderr } = await run.outcome
    strictEqual(code, 130, stderr)
    ok(existsSync(join(output, 'model.json')))

    const last = Number(readFileSync(join(output, 'epoch.json'), 'utf8')) + 1
    const resumed = await tensair([
      ...images('--epochs', String(last), '--output', output),
      ...['--resume', '--json']
    ])
    strictEqual(resumed.code, 0, resumed.stderr)
    const read = Number(events(resumed.stdout).at(-1)?.items)
    const epochs = items(resumed.stdout).flatMap(({ type, images }) =>
      type === 'epoch' ? [Number(images)] : []
    )
    // What one run has read the other has not.
    strictEqual(epochs.at(-1), last * 300)
    ok(read <= 600, String(read))

    const tuned = join(root, 'tuned')
    const { stdout, code: end } = await tensair([
      ...images('--model', join(output, 'model.json'), '--freeze', '2', '--output', tuned),
      ...['--mode', 'when-needed', '--epochs', '1', '--until', '64items', '--json']
    ])
    strictEqual(end, 0)
    const [first] = items(stdout)
    deepStrictEqual([first?.weights, first?.trained], [56_714, 51_914])
    strictEqual(events(stdout).at(-1)?.items, 64)
    deepStrictEqual(weightOf(tuned, 'conv2/kernel'), weightOf(output, 'conv2/kernel'))
  })

  test('says in one line what does not fit', async () => {
    const full = join(root, 'full')
    mkdirSync(full)
    writeFileSync(join(full, 'model.json'), '{}')
    const used = join(root, 'used')
    await lockFolder(used)
    const cases: readonly [options: string[], code: number, said: RegExp][] = [
      [['--output', used], 2, /used is in use by process \d+; wait for it, or give another --output/],
      [
        ['--swarm', 'test', '--no-mdns', '--state', join(root, 'peer'), '--shard', 'feed'],
        2,
        /--shard feed gives lines of text to other peers, and images reads none; give auto, none or a part as 1\/2/
      ],
      [['--network', 'huge'], 2, /--network.*tutorial, small, normalized, mlp/],
      [['--freeze', '1'], 2, /--freeze: is for a saved network; give one with --model/],
      [['--mode', 'never'], 2, /--mode: wants a network that has learned already/],
      [['--resume'], 2, /--resume: there is no network in --output; start without it/],
      [['--network', 'mlp', '--model', full], 2, /--network: is for a new network/],
      [
        ['--output', full],
        2,
        /--output: holds a network already; give another folder, or --resume or --overwrite/
      ],
      [['--model', join(root, 'nowhere.keras')], 1, /nowhere\.keras: there is no file nowhere\.keras/]
    ]
    const outcomes = cases.map(([options], i) =>
      tensair(images('--output', join(root, `none-${i}`), ...options))
    )
    for (const [i, { stderr, code }] of (await Promise.all(outcomes)).entries()) {
      const [, wanted, said] = cases[i]
      match(stderr, /^tensair: [^\n]*\n$/)
      match(stderr, said)
      strictEqual(code, wanted, stderr)
    }
  })
})
