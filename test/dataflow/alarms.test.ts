import { deepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { Alarms } from '../../src/dataflow/alarms.ts'
import { HandClock } from './clock.ts'

test('something is done after its time, once however often it is set, and may be set again by itself', async () => {
  const clock = new HandClock()
  const alarms = new Alarms(clock)
  const done: string[] = []
  const once = () => void done.push(`once at ${clock.now()}`)
  const again = () => {
    done.push(`again at ${clock.now()}`)
    if (clock.now() < 20) alarms.later(again, 10)
  }
  alarms.later(once, 5)
  alarms.later(once, 1)
  alarms.later(again, 10)
  await clock.pass(30)
  deepStrictEqual(done, ['once at 5', 'again at 10', 'again at 20'])
})

test('nothing is done after the alarms have been stopped', async () => {
  const clock = new HandClock()
  const alarms = new Alarms(clock)
  let done = 0
  const act = () => void done++
  alarms.later(act, 5)
  alarms.stop()
  alarms.later(act, 5)
  await clock.pass(10)
  strictEqual(done, 0)
  strictEqual(clock.waiting, 0)
})
