import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Row } from '../../bench/report.ts'

const run = promisify(execFile)
const launcher = fileURLToPath(new URL('../../bench/run.ts', import.meta.url))

test('ingest turns away what is too much, and what it accepts comes out', async () => {
  const options = ['--seconds', '2', '--rate', '2000', '--json']
  const { stdout } = await run(process.execPath, [...process.execArgv, launcher, 'ingest', ...options])
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Row)
  const value = Object.fromEntries(rows.map(row => [row.name, row.value]))
  deepStrictEqual(Object.keys(value), [
    'offered',
    'accepted',
    'come_out',
    'speed',
    'turned_away',
    'rss_10s',
    'rss_end'
  ])
  strictEqual(value.accepted, value.come_out)
  ok(Number(value.accepted) > 0 && Number(value.turned_away) > 0)
})
