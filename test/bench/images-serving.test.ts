import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Row } from '../../bench/report.ts'

const launcher = fileURLToPath(new URL('../../bench/run.ts', import.meta.url))

test('images-serving answers every request while it trains, and compares with training alone', async () => {
  const options = ['--seconds', '2', '--rate', '10', '--connections', '4', '--json']
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...process.execArgv,
    launcher,
    'images-serving',
    ...options
  ])
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Row)
  deepStrictEqual(
    rows.map(row => row.name),
    [
      'failed',
      'latency, p50',
      'latency, p99',
      'latency, greatest',
      'accuracy',
      'training alone',
      'training while it serves'
    ]
  )
  const [failed, p50, p99, greatest] = rows
  deepStrictEqual([failed?.value, failed?.unit], [0, 'of 20 requests'])
  ok(Number(p50?.value) > 0 && Number(p50?.value) <= Number(p99?.value))
  ok(Number(p99?.value) <= Number(greatest?.value))
  strictEqual(rows.at(-1)?.peer, 'alone')
})
