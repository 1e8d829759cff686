import { deepStrictEqual, doesNotMatch, match, strictEqual } from 'node:assert'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { linesOf } from '../corpus.ts'
import { events, folder, launcher, type Outcome, start, tensair } from './tensair.ts'

const place = folder({ after })
const example = (name: string) => fileURLToPath(new URL(`jobs/${name}.ts`, import.meta.url))
const [lengths, ticks, copy] = ['lengths', 'ticks', 'copy'].map(example)

/** Writes a user's file, and gives its path. */
function file(name: string, content: string): string {
  const path = join(place, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}

/** Says that a job was refused or failed: one line on standard error, no stack. */
function failed({ code, stderr }: Outcome, expected: number, message: RegExp): void {
  strictEqual(code, expected, stderr)
  const lines = linesOf(stderr).filter(line => !line.startsWith('running '))
  strictEqual(lines.length, 1, stderr)
  match(lines[0], message)
}

describe('tensair start of a module', { concurrency: 3 }, () => {
  test('what the flow emits goes to standard output as NDJSON, messages to standard error', async () => {
    const { code, stdout, stderr } = await tensair(['start', lengths, '--min-length', '2'], ' ab \nc\ndef\n')

    strictEqual(code, 0, stderr)
    deepStrictEqual(events(stdout), [
      { line: 'ab', length: 2 },
      { line: 'def', length: 3 }
    ])
    match(stderr, /^running lengths\ndone: 2 items in \d+ s, [\d,.]+ k? ?items\/s\n$/)
  })

  test('options of every kind reach the flow', async () => {
    const more = ['--factor', '0.5', '--unit', 'bytes', '--upper', '--no-trim', '--tag', 'x', '--tag', 'y']
    const { code, stdout, stderr } = await tensair(['start', lengths, ...more], ' é\n')

    strictEqual(code, 0, stderr)
    deepStrictEqual(events(stdout), [{ line: ' É', length: 1.5, tag: ['x', 'y'] }])
  })

  test('--help after the module shows its own options with their defaults, and those of every job', async () => {
    const { code, stdout } = await tensair(['start', lengths, '--help'])

    strictEqual(code, 0)
    match(stdout, /The length of each line of a text\./)
    match(stdout, /--min-length <number> +shortest line \(default: 0\)/)
    match(stdout, /--no-trim +turns off: leave out spaces around a line\s+\(default:\s+on\)/)
    match(stdout, /--until <bound>[\s\S]*--json[\s\S]*--swarm <name>/)
    doesNotMatch(stdout, /--device/)
    const options = stdout.split(/^ {2}(?=-)/m).slice(1)
    for (const option of options.filter(option => !option.startsWith('-h,')))
      match(option, /default:/, option)
  })

  const wrong: readonly (readonly [args: readonly string[], wanted: RegExp])[] = [
    [['--min-lenght', '2'], /unknown option '--min-lenght'.*--min-length\?/],
    [['--min-length', 'two'], /Wanted a whole number/],
    [['--min-length', '-1'], /start: --min-length: .*>=0; got -1/],
    [['--factor', ''], /Wanted a number/],
    [['--unit', 'words'], /Wanted one of characters, bytes/],
    [['--until', 'soon'], /Wanted a time from the start/],
    [['--shard', '1/2'], /start: --shard needs a swarm/]
  ]
  for (const [args, wanted] of wrong) {
    test(`${args.join(' ')} is refused, saying what is wanted`, async () => {
      failed(await tensair(['start', lengths, ...args]), 2, wanted)
    })
  }

  test('an option that has no default must be given', async () => {
    failed(await tensair(['start', copy]), 2, /required option '--output <text>' not specified/)
  })

  test('a flow that ends in a sink comes to its end, and counts what it says', async () => {
    const output = join(place, 'copied.txt')
    const { code, stdout, stderr } = await tensair(['start', copy, '--output', output, '--json'], 'a\nb\nc\n')

    strictEqual(code, 0, stderr)
    strictEqual(readFileSync(output, 'utf8'), 'a\nb\nc\nend\n')
    deepStrictEqual(
      events(stdout).map(({ event, items }) => [event, items]),
      [
        ['started', undefined],
        ['done', 3]
      ]
    )
  })

  test('--until ends a flow that runs on, after so many items or so long, and closes it', async () => {
    const counted = await tensair(['start', ticks, '--json', '--until', '5items'])
    strictEqual(counted.code, 0, counted.stderr)
    strictEqual(counted.stderr, 'closed, and told so\n')
    const told = events(counted.stdout)
    deepStrictEqual(
      told.map(({ event, item }) => [event, item]),
      [['started', undefined], ...Array(5).fill(['item', 0]), ['done', undefined]]
    )

    const timed = await tensair(['start', ticks, '--json', '--until', '200ms'])
    strictEqual(timed.code, 0, timed.stderr)
    strictEqual(timed.stderr, 'closed, and told so\n')
    strictEqual(events(timed.stdout).at(-1)?.event, 'done')
  })

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${signal} closes the flow, flushes its sink, and ends with code 130`, async () => {
      const running = start(['start', ticks, '--json'])
      await running.event('item')
      running.kill(signal)
      const outcome = await running.outcome
      strictEqual(outcome.code, 130, outcome.stderr)
      strictEqual(outcome.stderr, 'closed, and told so\n')
      strictEqual(events(outcome.stdout).at(-1)?.event, 'interrupted')

      const output = join(place, `${signal}.txt`)
      const copying = start(['start', copy, '--output', output, '--json'])
      await copying.event('started')
      copying.write('a\nb\n')
      await copying.event('progress')
      copying.kill(signal)
      strictEqual((await copying.outcome).code, 130)
      match(readFileSync(output, 'utf8'), /\nend\n$/)
    })
  }

  test('a second signal ends a flow at once that does not heed the first', async () => {
    const deaf = file(
      'deaf.mjs',
      "import { defineJob } from 'tensair'\nexport default defineJob({ name: 'deaf', flow: () => new Promise(() => setInterval(() => {}, 1000)) })\n"
    )
    const running = start(['start', deaf, '--json'])
    await running.event('started')
    const killing = setInterval(() => running.kill('SIGINT'), 400)
    const { code } = await running.outcome
    clearInterval(killing)
    strictEqual(code, 130)
  })

  test('in a project with a tensair of its own, or a package.json without a type, it is this one and nothing is warned of', async () => {
    file('project/package.json', '{ "name": "project" }')
    file('project/node_modules/tensair/package.json', '{ "name": "tensair", "exports": "./index.js" }')
    file('project/node_modules/tensair/index.js', 'throw new Error("the other tensair")')
    file('project/inner.ts', "export const name: string = 'inner'\n")
    const job = file(
      'project/job.ts',
      [
        "import { defineJob } from 'tensair'",
        "import { fileStore } from 'tensair/node'",
        "import { name } from './inner.ts'",
        'export default defineJob({ name, async *flow() { yield typeof fileStore } })'
      ].join('\n')
    )
    const { code, stdout, stderr } = await tensair(['start', job])

    strictEqual(code, 0, stderr)
    strictEqual(stdout, '"function"\n')
    match(stderr, /^running inner\ndone: 1 items[^\n]*\n$/)
  })
})

describe('what is wrong in a module is told in a line, with its place', { concurrency: 3 }, () => {
  const head = "import { defineJob, map, z } from 'tensair'\n"
  const flow = 'async flow() {}'
  const bad: readonly (readonly [name: string, content: string | undefined, place: string])[] = [
    ['nowhere.ts', undefined, 'tensair: start: there is no file .*nowhere\\.ts'],
    ['syntax.ts', 'const a = 1\nconst b = 1 +* 2\n', 'syntax.ts:2:14: Expression expected'],
    ['syntax.mjs', 'const a = 1\nconst b = foo bar\n', "syntax.mjs:2:15: Unexpected identifier 'bar'"],
    ['enum.ts', 'enum A { B }\n', 'enum.ts:1:1: .*enum is not supported'],
    ['throws.ts', 'const a: any = {}\n\nexport default a.b.c\n', 'throws.ts:3:20: Cannot read properties'],
    ['throws-text.ts', "throw 'a text'\n", 'throws-text.ts: a text'],
    [
      'package.ts',
      "import a from 'no-such-package'\nexport default a\n",
      "package.ts:1:15: .*'no-such-package'$"
    ],
    ['relative.ts', "\nimport './nothing.ts'\n", 'relative.ts:2:8: Cannot find module'],
    ['name.ts', "import { nap } from 'tensair'\nexport default nap\n", "name.ts:1:10: .*export named 'nap'"],
    ['subpath.ts', "import a from 'tensair/nothing'\nexport default a\n", 'subpath.ts:1:15: .*not defined'],
    [
      'empty.ts',
      'export const a = 1\n',
      'empty.ts: its default export must be a job .*: wanted a job; got nothing'
    ],
    ['other.ts', 'export default { a: 1 }\n', 'other.ts: its default export must be a job .*got nothing'],
    [
      'badly.ts',
      `${head}export default defineJob({ name: 'a b', ${flow} })\n`,
      'badly.ts:2:16: defineJob: name must'
    ],
    [
      'taken.ts',
      `${head}export default defineJob({ name: 'a', options: z.object({ json: z.string() }), ${flow} })\n`,
      'taken.ts: tensair start has an option json of its own; call that of the job something else'
    ],
    [
      'nested.ts',
      `${head}export default defineJob({ name: 'a', options: z.object({ a: z.object({}) }), ${flow} })\n`,
      'nested.ts: the option a must be a text, a number'
    ]
  ]
  for (const [name, content, wanted] of bad) {
    test(`${name}`, async () => {
      const path = content === undefined ? join(place, name) : file(name, content)
      failed(await tensair(['start', path]), 2, new RegExp(wanted))
    })
  }

  test('an error in a user’s function names the operator, the item and the place, with code 1', async () => {
    const job = file(
      'fails.ts',
      [
        "import { defineJob, map, pipe } from 'tensair'",
        'interface Row { cell?: { value: number } }',
        'const read = (row: Row) =>',
        '  row.cell!.value',
        "export default defineJob({ name: 'fails', flow: () => pipe(rows(), map(read)) })",
        'async function* rows() { yield { cell: { value: 1 } }; yield {} }'
      ].join('\n')
    )
    const outcome = await tensair(['start', job])
    failed(
      outcome,
      1,
      /fails\.ts:4:13: map: item 1: Cannot read properties of undefined \(reading 'value'\)$/
    )
    strictEqual(outcome.stdout, '1\n')
  })

  test('so does one that nobody awaits, and one in what cannot be written', async () => {
    const lost = file(
      'lost.ts',
      `${head}export default defineJob({ name: 'lost', flow: () => new Promise(() => setTimeout(() => {\n  throw new Error('too late')\n})) })\n`
    )
    failed(await tensair(['start', lost]), 1, /lost\.ts:3:9: too late$/)
    const big = file(
      'big.ts',
      `${head}export default defineJob({ name: 'big', async *flow() { yield [0, 0]; yield 'a'; yield 3n } })\n`
    )
    const outcome = await tensair(['start', big])
    failed(outcome, 1, /big: item 2: wanted a value that JSON can hold \(.*BigInt\); map it to one$/)
    strictEqual(outcome.stdout, '[0,0]\n"a"\n')
  })

  test('what reads no more of standard output is no failure', async () => {
    const piped = ['bash', '-c', 'set -o pipefail; "$0" "$@" | head -n 1', process.execPath, launcher]
    const { code, stdout } = await start(['start', ticks], piped).outcome
    strictEqual(code, 0)
    strictEqual(stdout, '0\n')
  })
})
