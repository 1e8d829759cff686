import { match, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { MailRecord } from '../../src/cli/demo-sentiment-record.ts'
import { changeLine, standLine, summaryOf } from '../../src/cli/demo-sentiment-words.ts'

const drifts = [
  { kind: 'natural', what: 'a', at: 100 },
  { kind: 'induced', what: 'b', at: 300 },
  { kind: 'induced', what: 'c', at: 2000 }
] as const

test('the summary tells a drift that was found from one that was not, and from one that did not come', () => {
  const record = new MailRecord()
  record.mails = 1500
  record.alarms.push(120, 130)
  const text = summaryOf(record, drifts, 'x/accuracy.svg')
  match(text, /^natural +101 +120 +20 mails +a$/m)
  match(text, /^induced +301 +not found +- +b$/m)
  match(text, /^induced +2,001 +not reached +- +c$/m)
  match(text, /^alarms of no known drift: 1$/m)
  match(text, /^the curves: x\/accuracy\.svg$/m)
})

test('a line names the mail and its day', () => {
  const time = Date.UTC(2002, 6, 11, 23)
  strictEqual(changeLine({ event: 'drift', mails: 1768, time }), 'mail 1,768 (2002-07-11): drift found')
  const record = new MailRecord()
  record.mails = 1768
  record.time = time
  record.points.push({ mails: 1768, adapting: 0.955, still: 0.1 })
  strictEqual(
    standLine(record, 6000),
    'mail 1,768 of 6,000 (2002-07-11) · right of the last 200: 95.5 % with adaptation, 10.0 % without'
  )
})
