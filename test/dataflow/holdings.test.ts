import { deepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { Holdings } from '../../src/dataflow/holdings.ts'
import { partitionOf } from '../../src/dataflow/partitions.ts'
import type { KeyedState } from '../../src/types.ts'

/** An operator that holds keys. */
class Keys implements KeyedState {
  keys: unknown[]

  constructor(...keys: unknown[]) {
    this.keys = keys
  }

  take(moves: (key: unknown) => boolean): readonly unknown[] {
    const taken = this.keys.filter(moves)
    this.keys = this.keys.filter(key => !moves(key))
    return taken
  }

  put(entries: readonly unknown[]): void {
    this.keys.push(...entries)
  }
}

test('what is held of some partitions is taken out of every state, and put into the same states elsewhere', () => {
  const here = [new Keys('a', 'b'), new Keys('b', 'c')] as const
  const there = [new Keys(), new Keys('d')] as const
  const [from, to] = [new Holdings(), new Holdings()]
  strictEqual(from.kept, false)
  for (const state of here) from.keep(state)
  for (const state of there) to.keep(state)
  const [a, b, c] = ['a', 'b', 'c'].map(partitionOf) as [number, number, number]
  from.touch([a, b, c])
  const moving = [a, b]
  to.put(from.take(new Set(moving)), moving)
  deepStrictEqual([here[0].keys, here[1].keys], [[], ['c']])
  deepStrictEqual(
    [there[0].keys, there[1].keys],
    [
      ['a', 'b'],
      ['d', 'b']
    ]
  )
  deepStrictEqual(
    from.partitions(() => true),
    [c]
  )
  deepStrictEqual(
    to.partitions(partition => partition !== a),
    [b]
  )
})

test('entries that are no lists, or of which there are too few or too many, are left out', () => {
  const state = new Keys()
  const holdings = new Holdings()
  holdings.keep(state)
  for (const entries of [[], ['text'], [{}], [['a'], ['b']]]) holdings.put(entries, [1])
  deepStrictEqual(state.keys, ['a'])
})
