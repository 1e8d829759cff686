import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { MailRecord } from '../../src/cli/demo-sentiment-record.ts'
import type { JudgedMail } from '../../src/cli/demo-sentiment-run.ts'
import type { Phase } from '../../src/dataflow/adapt-course.ts'
import type { Verdict } from '../../src/types.ts'

function judged(
  label: string,
  predicted: string,
  still: string,
  phase: Phase = 'stable',
  verdict: Verdict = 'none'
): JudgedMail {
  const mail = { text: '', label, time: 1000 }
  const of = (label: string, phase: Phase, verdict: Verdict) => ({
    ...{ input: mail, prediction: { label, probabilities: Float64Array.of(0.5, 0.5) } },
    ...{ version: 0, loss: 1, phase, verdict }
  })
  return { mail, adapting: of(predicted, phase, verdict), still: of(still, 'stable', 'none') }
}

test('it tells when learning begins and ends and when a drift is found, and keeps the spans', () => {
  const record = new MailRecord()
  const one = (phase: Phase, verdict: Verdict = 'none') => judged('ham', 'ham', 'ham', phase, verdict)
  const changes = [
    ...record.add({ first: 0, judged: [one('training'), one('training'), one('stable')] }),
    ...record.add({ first: 3, judged: [one('training', 'drift'), one('training')] }),
    ...record.add({ first: 5, judged: [one('training', 'drift'), one('stable'), one('stable')] })
  ]
  deepStrictEqual(
    changes.map(({ event, mails }) => [event, mails]),
    [
      ['training', 1],
      ['stable', 3],
      ['drift', 4],
      ['training', 4],
      ['drift', 6],
      ['training', 6],
      ['stable', 7]
    ]
  )
  deepStrictEqual(record.trainings, [
    { from: 0, to: 2 },
    { from: 3, to: 5 },
    { from: 5, to: 6 }
  ])
  deepStrictEqual(record.alarms, [4, 6])
  strictEqual(record.figures.adapting.trained, 5 / 8)
})

test('figures are over all mails, curves over the last 200', () => {
  const record = new MailRecord()
  const step = (label: string, predicted: string, still: string, count: number) =>
    record.add({ first: record.mails, judged: Array(count).fill(judged(label, predicted, still)) })
  step('ham', 'spam', 'ham', 300)
  step('spam', 'spam', 'ham', 100)
  deepStrictEqual(record.points, [
    { mails: 300, adapting: 0, still: 1 },
    { mails: 400, adapting: 0.5, still: 0.5 }
  ])
  const { adapting, still } = record.figures
  deepStrictEqual([adapting.accuracy, still.accuracy], [0.25, 0.75])
  deepStrictEqual([adapting.balancedAccuracy, still.balancedAccuracy], [0.5, 0.5])
  ok(Math.abs(adapting.kappa) < 1e-12 && Math.abs(still.kappa) < 1e-12)
})
