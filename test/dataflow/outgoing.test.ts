import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import type { ItemChannel } from '../../src/dataflow/item-channel.ts'
import { ItemPeer, type Sent } from '../../src/dataflow/item-peer.ts'
import { Outgoing } from '../../src/dataflow/outgoing.ts'

const NONE: number[] = []

/** Items of partition 1, which bob owns at first; what is sent is noted, and answered by hand. */
function going() {
  const bob = new ItemPeer<string>('bob', 1)
  const cid = new ItemPeer<string>('cid', 2)
  for (const peer of [bob, cid]) peer.theirs = peer.session
  const sent: string[] = []
  const peers = new Map([bob, cid].map(peer => [peer.name, peer]))
  const flush = (peer: ItemPeer<string>) => {
    const { items, partitions, least } = peer.takeGathered()
    if (items.length === 0) return
    sent.push(`${peer.name}: ${items}`)
    peer.unanswered.set(++peer.sequence, { items, partitions, least, bytes: 0 })
  }
  let owner = bob
  const channel = { peers, own: bob, flush } as unknown as ItemChannel<string>
  const outgoing = new Outgoing(channel, () => owner)
  const put = (...items: string[]) => {
    for (const item of items) outgoing.put(item, 1, Number.parseInt(item, 36))
  }
  const flushAll = () => {
    for (const peer of peers.values()) outgoing.flush(peer)
  }
  const answer = (by: ItemPeer<string>, sequence: number, refused: number[] | 'all') => {
    const batch = by.unanswered.get(sequence) as Sent<string>
    by.unanswered.delete(sequence)
    outgoing.answered(by, sequence, batch, refused)
  }
  const move = (to: ItemPeer<string>, gone?: ItemPeer<string>) => {
    owner = to
    if (gone !== undefined) peers.delete(gone.name)
    outgoing.reroute(gone)
  }
  return { bob, cid, sent, outgoing, put, flushAll, answer, move }
}

test('items of a partition go to a new owner only when the old one has answered what it has', () => {
  const { bob, cid, sent, outgoing, put, flushAll, answer, move } = going()
  put('1')
  flushAll()
  move(cid)
  put('2')
  flushAll()
  deepStrictEqual(sent, ['bob: 1'])
  strictEqual(outgoing.least, 1)
  answer(bob, 1, NONE)
  put('3')
  flushAll()
  deepStrictEqual(sent, ['bob: 1', 'cid: 2,3'])
  answer(cid, 1, NONE)
  ok(outgoing.empty)
})

test('what a gone member had not answered, or what was only gathered for it, goes to the new owner in order', () => {
  const { bob, cid, sent, put, flushAll, answer, move } = going()
  put('1')
  flushAll()
  put('2')
  flushAll()
  put('3')
  move(cid, bob)
  answer(bob, 2, 'all')
  put('4')
  answer(bob, 1, 'all')
  flushAll()
  deepStrictEqual(sent, ['bob: 1', 'bob: 2', 'cid: 1,2,3,4'])
})

test('what the owner refused waits to be sent once more, before all that comes later', () => {
  const { bob, sent, outgoing, put, flushAll, answer } = going()
  put('1')
  flushAll()
  put('2')
  answer(bob, 1, [1])
  put('3')
  flushAll()
  deepStrictEqual([sent, outgoing.refused, outgoing.empty], [['bob: 1'], true, false])
  outgoing.retry()
  flushAll()
  deepStrictEqual([sent, outgoing.refused], [['bob: 1', 'bob: 1,2,3'], false])
})

test('it is full when as many bytes wait for one member, or for nobody', () => {
  const { cid, outgoing, put, flushAll, move } = going()
  put('1', '2')
  strictEqual(outgoing.full(600), false)
  put('3')
  strictEqual(outgoing.full(600), true, 'an item is taken to have 256 bytes')
  flushAll()
  strictEqual(outgoing.full(600), false)
  move(cid)
  put('4', '5', '6')
  strictEqual(outgoing.full(600), true)
})
