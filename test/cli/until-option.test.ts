import { deepStrictEqual, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { Command } from 'commander'
import { boundOf, type Until, untilOption } from '../../src/cli/until-option.ts'

function parse(text: string): Until {
  const command = new Command('test').exitOverride().configureOutput({ outputError: () => {} })
  command.addOption(untilOption()).parse(['--until', text], { from: 'user' })
  return command.opts<{ until: Until }>().until
}

test('a bound is a time from the start, a number of items, or a moment', () => {
  deepStrictEqual(parse('250ms'), { milliseconds: 250 })
  deepStrictEqual(parse('30s'), { milliseconds: 30_000 })
  deepStrictEqual(parse('1.5m'), { milliseconds: 90_000 })
  deepStrictEqual(parse('2 h'), { milliseconds: 7_200_000 })
  deepStrictEqual(parse('40d'), { milliseconds: 3_456_000_000 })
  deepStrictEqual(parse('1item'), { items: 1 })
  deepStrictEqual(parse('100 items'), { items: 100 })
  deepStrictEqual(parse('9999-01-31T12:00:00Z'), { time: Date.parse('9999-01-31T12:00:00Z') })
})

for (const text of ['', '30', 's', '-1s', '0items', '1.5items', 'tomorrow', '2001-13-01', '2001-01-01']) {
  test(`${JSON.stringify(text)} is none`, () => {
    throws(() => parse(text), /Wanted a time from the start as 30s/)
  })
}

test('a time from the start is counted from when the job begins', () => {
  const before = Date.now()
  const bound = boundOf({ milliseconds: 1000 })
  const after = Date.now()
  const time = 'time' in bound ? bound.time : 0
  strictEqual(time >= before + 1000 && time <= after + 1000, true)
  deepStrictEqual(boundOf({ items: 3 }), { items: 3 })
})
