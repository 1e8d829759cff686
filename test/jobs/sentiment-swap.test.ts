import { deepStrictEqual } from 'node:assert'
import { test } from 'node:test'
import { swapping } from '../../src/jobs/sentiment-swap.ts'

const labels = ['a', 'b', 'c']
const tweet = (time: number, text = 'some words') => ({ text, label: 'a', time })
const swapped = (
  tweets: readonly ReturnType<typeof tweet>[],
  ...more: [points: Parameters<typeof swapping>[1], topic?: string[]]
) =>
  tweets
    .map(swapping(labels, more[0], more[1] ?? []))
    .map(({ label }) => label)
    .join('')

test('labels go round the list from one point to the next', () => {
  const five = [0, 1, 2, 3, 4].map(i => tweet(i))
  deepStrictEqual(swapped(five, []), 'aaaaa')
  deepStrictEqual(swapped(five, [{ tweets: 1 }, { tweets: 3 }]), 'abbaa')
  deepStrictEqual(swapped(five, [{ tweets: 0 }]), 'bbbbb')
  deepStrictEqual(swapped(five, [{ time: 4 }, { time: 2 }]), 'aabba')
  deepStrictEqual(
    ['a', 'b', 'c'].map(label => swapping(labels, [{ tweets: 0 }], [])({ text: '', label }).label),
    ['b', 'c', 'a']
  )
})

test('a time is passed once, though later tweets may be earlier; tweets without one are before all', () => {
  deepStrictEqual(swapped([tweet(1), tweet(5), tweet(2)], [{ time: 5 }]), 'abb')
  deepStrictEqual([{ text: '', label: 'a' }].map(swapping(labels, [{ time: 0 }], []))[0]?.label, 'a')
})

test('with a topic only texts that have one of its words are swapped', () => {
  const some = ['My work!', 'homework', "WORK'S", 'at home', 'work'].map((text, i) => tweet(i, text))
  deepStrictEqual(swapped(some, [{ tweets: 0 }], ['Work', 'home']), 'baabb')
})
