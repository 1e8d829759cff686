import { deepStrictEqual } from 'node:assert'
import { test } from 'node:test'
import { Bell } from '../../src/dataflow/bell.ts'
import { idle } from './clock.ts'

test('a bell wakes who waits, and rings while nobody does count once for the next', async () => {
  const bell = new Bell()
  const heard: number[] = []
  const wait = (n: number) => bell.rung().then(() => heard.push(n))
  wait(1)
  await idle()
  deepStrictEqual(heard, [])
  bell.ring()
  await idle()
  deepStrictEqual(heard, [1])
  bell.ring()
  bell.ring()
  await wait(2)
  wait(3)
  await idle()
  deepStrictEqual(heard, [1, 2])
})
