import { deepStrictEqual, ok } from 'node:assert'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Row } from '../../bench/report.ts'

const run = promisify(execFile)
const launcher = fileURLToPath(new URL('../../bench/run.ts', import.meta.url))

test('dataflow compares the same work, done in four ways and in three', async () => {
  const options = ['--words', '120000', '--numbers', '20000', '--runs', '1', '--json']
  const { stdout } = await run(process.execPath, [...process.execArgv, launcher, 'dataflow', ...options])
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Row)
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
