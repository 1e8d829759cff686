import { deepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { type Fate, Incoming } from '../../src/dataflow/incoming.ts'
import { encodeValues } from '../../src/dataflow/item-codec.ts'
import { ItemPeer } from '../../src/dataflow/item-peer.ts'

/** Batches of items that are named by their partition and their turn in it: `4b` comes after `4a`. */
function coming() {
  const from = new ItemPeer<string>('bob', 1)
  const fates = new Map<number, Fate>()
  const fateOf = (partition: number) => fates.get(partition) ?? 'out'
  const answers: [sequence: number, refused: number[]][] = []
  const incoming = new Incoming<string>(({ sequence }, refused) => {
    from.answers++
    answers.push([sequence, Array.from(refused)])
  })
  const put = (sequence: number, seen: number, ...items: string[]) => {
    const partitions = items.map(item => Number.parseInt(item, 10))
    incoming.put({ from, sequence, seen, partitions, items: encodeValues(items) })
  }
  /** All that may be handed out now. */
  const out = () => {
    const items: string[] = []
    for (;;) {
      incoming.done()
      const part = incoming.next(fateOf)
      if (part === undefined) return items
      items.push(...part.items)
    }
  }
  return { incoming, fates, fateOf, answers, put, out }
}

test('a batch is answered once, when the last of it is worked through, and says what was refused', () => {
  const { incoming, fates, fateOf, answers, put, out } = coming()
  fates.set(1, 'wait').set(2, 'refuse')
  put(1, 0, '0a', '1a', '2a', '1b')
  deepStrictEqual(out(), ['0a'])
  deepStrictEqual([answers, incoming.empty], [[], false])
  fates.set(1, 'out')
  incoming.review(fateOf)
  deepStrictEqual(incoming.next(fateOf)?.items, ['1a', '1b'])
  deepStrictEqual(answers, [])
  incoming.done()
  deepStrictEqual([answers, incoming.empty], [[[1, [2]]], true])
})

test('what comes after items that wait waits behind them', () => {
  const { incoming, fates, fateOf, put, out } = coming()
  fates.set(1, 'wait')
  put(1, 0, '1a')
  deepStrictEqual(out(), [])
  fates.set(1, 'out')
  put(2, 0, '1b', '0a')
  deepStrictEqual(out(), ['0a'], 'until it is asked again')
  incoming.review(fateOf)
  deepStrictEqual(out(), ['1a', '1b'])
})

test('what comes after refused items is refused too, until the sender has heard of it', () => {
  const { fates, answers, put, out } = coming()
  fates.set(1, 'refuse')
  put(1, 0, '1a')
  deepStrictEqual(out(), [])
  fates.set(1, 'out')
  put(2, 0, '1b')
  put(3, 0, '0a')
  put(4, 3, '1a', '1b')
  deepStrictEqual(out(), ['0a', '1a', '1b'])
  deepStrictEqual(answers, [
    [1, [1]],
    [2, [1]],
    [3, []],
    [4, []]
  ])
})

test('bytes that are no items, or not as many as partitions, are counted and answered', () => {
  const { incoming, answers, out } = coming()
  const from = new ItemPeer<string>('cid', 2)
  const batch = { from, seen: 0, partitions: [1, 1] }
  incoming.put({ ...batch, sequence: 1, items: encodeValues(['one']) })
  incoming.put({ ...batch, sequence: 2, items: { form: 0, bytes: Uint8Array.of(0) } })
  deepStrictEqual(out(), [])
  strictEqual(incoming.rejected, 2)
  deepStrictEqual(answers, [
    [1, []],
    [2, []]
  ])
})
