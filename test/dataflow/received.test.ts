import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import type { ItemChannel } from '../../src/dataflow/item-channel.ts'
import { type Coded, encodeValues } from '../../src/dataflow/item-codec.ts'
import { ItemPeer } from '../../src/dataflow/item-peer.ts'
import { asChunk, asSent, Received } from '../../src/dataflow/received.ts'
import { TextColumns } from '../../src/dataflow/text-columns.ts'

/** What has come, with the numbers of the batches that were answered. */
function receiving() {
  const answered: number[] = []
  const channel = {
    rejected: 0,
    answer: ({ sequence }: { sequence: number }) => void answered.push(sequence)
  }
  const received = new Received<unknown>(() => channel as unknown as ItemChannel<unknown>)
  const from = new ItemPeer<unknown>('bob', 1)
  const put = (sequence: number, items: readonly unknown[] | Coded) =>
    received.put({ from, sequence, seen: 0, partitions: [], items })
  return { received, put, answered, channel }
}

test('a batch is answered when the reader comes back for more, not before', () => {
  const { received, put, answered } = receiving()
  put(1, encodeValues(['a', 'b']))
  put(2, ['c'])
  deepStrictEqual([...(received.next() ?? [])], ['a', 'b'])
  deepStrictEqual([answered, received.empty], [[], false])
  received.done()
  received.done()
  deepStrictEqual(answered, [1])
  deepStrictEqual([...(received.next() ?? [])], ['c'])
  strictEqual(received.next(), undefined)
  received.done()
  deepStrictEqual([answered, received.empty], [[1, 2], true])
})

test('bytes that are no items are counted, and answered, or they would be sent for ever', () => {
  const { received, put, answered, channel } = receiving()
  put(1, { form: 0, bytes: Uint8Array.of(1, 2, 3) })
  put(2, { form: 1, bytes: Uint8Array.of(0xc1) })
  put(3, ['c'])
  deepStrictEqual([...(received.next() ?? [])], ['c'])
  deepStrictEqual([answered, channel.rejected], [[1, 2], 2])
})

test('text goes as one value and is columns again', () => {
  const text = new TextColumns(new TextEncoder().encode('a\nbc\n'), Uint32Array.of(2, 5))
  const sent = asSent<string>(text)
  strictEqual(sent.length, 1)
  ok(asChunk(sent) instanceof TextColumns)
  deepStrictEqual([...asChunk(asSent(['a']))], ['a'])
})
