import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { chartOf } from '../../src/cli/demo-sentiment-chart.ts'
import { MailRecord } from '../../src/cli/demo-sentiment-record.ts'

const plain = (_: string, text: string) => text

test('the chart has both curves at their heights, and below them what happened', () => {
  const record = new MailRecord()
  // 100 mails on 20 columns: five a column.
  for (let mails = 5; mails <= 50; mails += 5) record.points.push({ mails, adapting: 1, still: 0 })
  record.trainings.push({ from: 0, to: 25 })
  record.alarms.push(41)
  const drifts = [{ kind: 'induced', what: 'x', at: 35 }] as const
  const lines = chartOf(record, drifts, 100, 27, plain).split('\n')
  strictEqual(lines[0], ` 100 %┤${'▀'.repeat(10)}${' '.repeat(10)}`)
  strictEqual(lines[9], `   0 %┤${'.'.repeat(10)}${' '.repeat(10)}`)
  deepStrictEqual(
    lines
      .slice(1, 9)
      .map(line => line.slice(7).trim())
      .join(''),
    ''
  )
  strictEqual(lines[11], `       ${'━'.repeat(5)}   ▲${' '.repeat(11)}`)
  strictEqual(lines[12], `drifts        ╎induced`)
})

test('the chart is as wide as the terminal, up to a bound, and colors what it is told to', () => {
  const record = new MailRecord()
  record.points.push({ mails: 100, adapting: 0.5, still: 0.5 })
  for (const [width, wanted] of [
    [60, 60],
    [500, 117],
    // A terminal that was made narrower meanwhile.
    [3, 8]
  ] as const) {
    const [first = ''] = chartOf(record, [], 100, width, plain).split('\n')
    strictEqual(first.length, wanted)
  }
  const painted = chartOf(record, [], 100, 60, (part, text) => `(${part} ${text})`)
  // The model that adapts hides the other where both are in one place.
  ok(painted.includes('(with ▀)\n') || painted.includes('(with ▄)\n'), painted)
  ok(!painted.includes('(without ˙)\n') && !painted.includes('(without .)\n'), painted)
})
