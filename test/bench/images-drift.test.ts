import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { scoreOf } from '../../bench/images-drift-score.ts'
import type { Row } from '../../bench/report.ts'
import type { AdaptingEvent } from '../../src/jobs/images-events.ts'

const launcher = fileURLToPath(new URL('../../bench/run.ts', import.meta.url))

/** Events such as `drift 12`. */
const events = (...texts: readonly string[]): AdaptingEvent[] =>
  texts.map(text => {
    const [type, batch] = text.split(' ')
    return { type: type as AdaptingEvent['type'], batch: Number(batch), images: 128 * Number(batch) }
  })

// Swaps come after mini-batches 40 and 80 of 120.
const length = { segments: 3, epochs: 4, batches: 10 }

test('the first drift after a swap is one found, the others are false, and what was not learned is saved', () => {
  const all = events(
    ...['training 1', 'stable 21', 'drift 42', 'training 42', 'drift 45', 'training 45', 'stable 61'],
    ...['drift 70', 'training 70', 'stable 111']
  )
  deepStrictEqual(scoreOf(all, length), {
    delays: [2, Number.POSITIVE_INFINITY],
    falseAlarms: 2,
    flipFlops: 1,
    converged: 3,
    saved: (21 + 9 + 10) / 120
  })
})

test('a training that begins again soon after convergence is a flip-flop, unless labels were swapped between', () => {
  const flips = (...texts: readonly string[]) => scoreOf(events('training 1', ...texts), length).flipFlops
  strictEqual(flips('stable 21', 'drift 31', 'training 31'), 1)
  strictEqual(flips('stable 21', 'drift 32', 'training 32'), 0)
  // Training ended with mini-batch 40.
  strictEqual(flips('stable 41', 'drift 42', 'training 42'), 0)
  strictEqual(flips('stable 42', 'drift 43', 'training 43'), 1)
})

test('the bench takes a network through a course of digits, and tells how accurate it was after each epoch', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...[...process.execArgv, launcher, 'images-drift', '--json', '--data', 'digits', '--network', 'mlp'],
    ...['--segments', '2', '--epochs', '2', '--batches', '30', '--over', '20', '--within', '0.3'],
    ...['--tested', '200', '--threads', '1']
  ])
  const rows: Row[] = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  const curve = rows.filter(({ name }) => name === 'curve')
  deepStrictEqual(
    curve.map(({ epoch }) => epoch),
    [1, 2, 3, 4]
  )
  ok(curve[1].value > 0.8, `accuracy ${curve[1].value}`)
  const [found] = rows.filter(({ name }) => name === 'drifts found')
  deepStrictEqual([found?.value, found?.unit], [1, 'of 1'])
})
