import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Row } from '../../bench/report.ts'

const run = promisify(execFile)
const launcher = fileURLToPath(new URL('../../bench/run.ts', import.meta.url))

/** The rows of a bench run as a user runs it. */
async function rowsOf(...options: string[]): Promise<Row[]> {
  const { stdout } = await run(process.execPath, [...process.execArgv, launcher, ...options, '--json'])
  return stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Row)
}

function assertRows(bench: string, rows: readonly Row[]): void {
  for (const row of rows) {
    strictEqual(row.bench, bench)
    strictEqual(typeof row.name, 'string')
    strictEqual(typeof row.unit, 'string')
    ok(Number.isFinite(row.value), `${row.name} is ${row.value}`)
    strictEqual(row.ratio === undefined || row.peer !== undefined, true, `${row.name} compares with nothing`)
  }
}

test('kernels gives every kernel a time and its share of the roof, the answers being right', async () => {
  const rows = await rowsOf('kernels', '--device', 'wasm', '--threads', '1', '--rows', '64', '--runs', '1')
  assertRows('kernels', rows)
  deepStrictEqual(
    rows.map(row => row.name),
    ['skip-gram', 'pack', 'apply', 'nearest', 'init-rows', 'check-rows']
  )
  for (const row of rows) {
    ok(row.value > 0)
    strictEqual(row.unit, 'ms')
    strictEqual(row.device, 'wasm')
    ok(Number(row.roof) > 0, `${row.name} reaches ${row.roof} of the roof`)
  }
})

test('word2vec gives speed and memory, without peers too', async () => {
  const rows = await rowsOf('word2vec', '--words', '30000', '--seeds', '1', '--against', '')
  assertRows('word2vec', rows)
  const names = rows.map(row => row.name)
  for (const name of ['train_words_per_s', 'run_words_per_s', 'peak_rss_mb']) ok(names.includes(name), name)
  const memory = rows.find(row => row.name === 'peak_rss_mb')
  ok(memory !== undefined && memory.value < Number(memory.bar), `${memory?.value} MB of ${memory?.bar}`)
})

test('text compares with a regular expression and with Intl.Segmenter', async () => {
  const rows = await rowsOf('text', '--megabytes', '0.3', '--runs', '1')
  assertRows('text', rows)
  deepStrictEqual(
    rows.map(row => row.peer),
    ['regex', 'Intl.Segmenter', undefined]
  )
})

test('an unknown bench is refused with the names of those there are', async () => {
  const failure = await run(process.execPath, [...process.execArgv, launcher, 'nothing']).catch(
    error => error
  )
  strictEqual(failure.code, 2)
  match(failure.stderr, /kernels, merging, optimizer, scaleout, text, word2vec/)
})
