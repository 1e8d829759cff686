import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { linesOf } from '../corpus.ts'
import { tensair } from './tensair.ts'

test('start sentiment learns what it reads, finds a swap of the labels, and learns anew', async () => {
  const tweets = Array.from({ length: 6000 }, (_, i) =>
    JSON.stringify({
      text: `a ${i % 2 === 0 ? 'good' : 'bad'} day ${i % 7}`,
      label: i % 2 === 0 ? 'positive' : 'negative'
    })
  )
  const args = ['start', 'sentiment', '--input', '-', '--format', 'ndjson', '--swap-at', '3000']
  const { code, stdout, stderr } = await tensair(args, `${tweets.join('\n')}\n`)
  strictEqual(code, 0, stderr)
  const told: { type: string; tweets: number; accuracy?: number }[] = linesOf(stdout).map(line =>
    JSON.parse(line)
  )
  const drifts = told.filter(({ type }) => type === 'drift')
  deepStrictEqual(drifts.length, 1)
  ok(drifts[0].tweets > 3000 && drifts[0].tweets < 3500, JSON.stringify(drifts))
  ok((told.at(-1)?.accuracy ?? 0) > 0.9, JSON.stringify(told.at(-1)))
})

test('start sentiment says in one line what it needs', async () => {
  const { code, stderr } = await tensair(['start', 'sentiment'])
  strictEqual(code, 2)
  match(stderr, /^tensair: .*--input.*\n$/)
})
