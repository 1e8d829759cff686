import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { type MailStep, runMail, SWAPS } from '../../src/cli/demo-sentiment-run.ts'

/** Mails whose one telling word is the label, each 20th of which lies. */
const mails = Array.from({ length: SWAPS[0] + 600 }, (_, i) => ({
  text: `${i % 20 === 0 ? 'maybe' : i % 2 === 0 ? 'offer' : 'meeting'} number ${i % 7}`,
  label: i % 2 === 0 ? 'spam' : 'ham',
  time: i
}))

const run = (count: number, seed: number): Promise<MailStep[]> =>
  Array.fromAsync(runMail(mails.slice(0, count), seed))

test('equal mails and seeds give equal steps, other seeds others', async () => {
  const first = await run(200, 1)
  deepStrictEqual(await run(200, 1), first)
  notDeepStrictEqual(await run(200, 2), first)
  deepStrictEqual(
    first.map(({ first }) => first),
    Array.from({ length: 10 }, (_, i) => 20 * i)
  )
})

test('both models are one until the first drift; then one learns anew and the other stays as it is', async () => {
  const judged = (await run(mails.length, 1)).flatMap(step => step.judged)
  strictEqual(judged.length, mails.length)
  const drift = judged.findIndex(({ adapting }) => adapting.verdict === 'drift')
  ok(drift >= SWAPS[0] && drift < SWAPS[0] + 100, `found at ${drift}`)
  for (const { adapting, still } of judged.slice(0, drift)) deepStrictEqual(adapting, still)
  const share = (of: 'adapting' | 'still') =>
    judged.slice(-200).filter(each => each[of].prediction.label === each.mail.label).length / 200
  ok(share('adapting') > 0.9, `${share('adapting')} with adaptation`)
  ok(share('still') < 0.1, `${share('still')} without`)
  ok(judged.slice(drift).every(({ still }) => still.phase === 'stable' && still.verdict === 'none'))
  // From there on labels are swapped, the mails are the same.
  deepStrictEqual(
    judged.map(({ mail }, i) => mail.label === mails[i]?.label),
    mails.map((_, i) => i < SWAPS[0])
  )
})

test('a reader that stops early ends both models', async () => {
  const steps = runMail(mails, 1)
  await steps.next()
  deepStrictEqual(await steps.return(undefined), { value: undefined, done: true })
  deepStrictEqual(await steps.next(), { value: undefined, done: true })
})
