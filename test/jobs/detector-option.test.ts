import { deepStrictEqual, match } from 'node:assert'
import { test } from 'node:test'
import { detectorChoice, openChoice } from '../../src/jobs/detector-option.ts'
import { z } from '../../src/jobs/job.ts'

const schema = z.string().transform(detectorChoice)

test('a detector is named with options of its own, of their types', () => {
  deepStrictEqual(schema.parse('adwin'), { name: 'adwin', options: {} })
  const choice = schema.parse('optwin:rho=1,maxWindow=200,published=true,constantHistory=noise')
  deepStrictEqual(choice.options, { rho: 1, maxWindow: 200, published: true, constantHistory: 'noise' })
  const { detector, options } = openChoice(choice).save()
  deepStrictEqual([detector, options.rho, options.minWindow], ['optwin', 1, 30])
})

test('what is no detector of losses, or has no such options, is refused with the reason', () => {
  for (const [text, reason] of [
    ['nothing', /must be one of optwin, adwin/],
    ['optwin:rigour=1', /options are rho, .*got rigour$/],
    ['optwin:rho=-1', /rho must be/],
    ['optwin:rho=', /rho must be/],
    ['optwin:', /options are rho, .*got $/],
    ['ddm', /^watches errors, not losses; take optwin, adwin, pageHinkley, kswin$/]
  ] as const)
    match(schema.safeParse(text).error?.issues[0]?.message ?? 'taken', reason)
})
