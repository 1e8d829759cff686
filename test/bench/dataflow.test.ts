import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Row } from '../../bench/report.ts'

const run = promisify(execFile)
const launcher = fileURLToPath(new URL('../../bench/run.ts', import.meta.url))

/** The rows of the bench run as a user runs it. */
async function rowsOf(...options: string[]): Promise<Row[]> {
  const command = [...process.execArgv, launcher, 'dataflow', ...options, '--runs', '1', '--json']
  const { stdout } = await run(process.execPath, command)
  return stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Row)
}

test('dataflow compares the same work, done in four ways and in three', async () => {
  const rows = await rowsOf('--part', 'word_count,chain', '--words', '120000', '--numbers', '20000')
  deepStrictEqual(
    rows.map(row => [row.name, row.peer]),
    [
      ['word_count', undefined],
      ['word_count', 'RxJS'],
      ['word_count', 'Node streams'],
      ['word_count', 'async generators'],
      ['chain', undefined],
      ['chain', 'RxJS'],
      ['chain', 'async generators']
    ]
  )
  ok(rows.every(({ value }) => value > 0))
})

test('dataflow joins two streams as a nested loop does, and holds no more than its windows allow', async () => {
  const [speed, held, heap] = await rowsOf('--part', 'join', '--count', '60000')
  strictEqual(speed?.unit, 'items/s')
  ok(speed.value > 0 && Number(speed.pairs) > 60_000 && Number(speed.late) > 1500, JSON.stringify(speed))
  ok(held !== undefined && held.value > 10_000 && held.value <= Number(held.bar), JSON.stringify(held))
  strictEqual(heap?.name, 'join_heap')
})

test('a part that there is not is refused, with those that there are', async () => {
  await rejects(
    rowsOf('--part', 'join,joins'),
    /--part must be some of word_count,chain,join,routing; got joins/
  )
})
