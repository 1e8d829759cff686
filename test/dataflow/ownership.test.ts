import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { ItemPeer } from '../../src/dataflow/item-peer.ts'
import { Ownership } from '../../src/dataflow/ownership.ts'
import { PARTITIONS } from '../../src/dataflow/partitions.ts'

const [ann, bob, cid] = ['ann', 'bob', 'cid'].map((name, i) => new ItemPeer<number>(name, i + 1)) as [
  ItemPeer<number>,
  ItemPeer<number>,
  ItemPeer<number>
]
const ownersIn = (ownership: Ownership<number>) =>
  Array.from({ length: PARTITIONS }, (_, partition) => ownership.owner(partition).name)

test('all peers divide alike, in whatever order they met; who leaves owns nothing, and its partitions alone change hands', () => {
  const [ofAnn, ofCid] = [new Ownership(ann), new Ownership(cid)]
  ofAnn.divide([ann, bob, cid], false)
  ofCid.divide([cid, bob, ann], false)
  const all = ownersIn(ofAnn)
  deepStrictEqual(all, ownersIn(ofCid))
  deepStrictEqual(new Set(all), new Set(['ann', 'bob', 'cid']))
  strictEqual(ofAnn.owns(0), all[0] === 'ann')

  const before = ofCid.divide([ann, bob, cid], true)
  deepStrictEqual(
    before?.map(peer => peer.name),
    all
  )
  const after = ownersIn(ofCid)
  ok(!after.includes('cid'))
  ok(all.every((name, partition) => name === 'cid' || name === after[partition]))
})

test('nothing changes hands where the members are the same; a member that has begun anew is another', () => {
  const ownership = new Ownership(ann)
  ok(ownership.divide([ann, bob], false))
  strictEqual(ownership.divide([bob, ann], false), undefined)
  ok(ownership.divide([ann, new ItemPeer('bob', 7)], false))
})

test('where all leave, each peer keeps what it has', () => {
  const ownership = new Ownership(ann)
  const leaver = new ItemPeer<number>('bob', 2)
  leaver.leaving = true
  ownership.divide([ann, leaver], true)
  deepStrictEqual(new Set(ownersIn(ownership)), new Set(['ann']))
})

test('members that others name are waited for until they come, or their time is over', () => {
  const ownership = new Ownership(ann)
  const namer = new ItemPeer<number>('bob', 2)
  const peers = new Map([ann, namer].map(peer => [peer.name, peer]))
  const names = (...members: string[]) => {
    namer.members = members
  }
  names('ann', 'bob', 'cid')
  strictEqual(ownership.expect(peers, 100), true)
  strictEqual(ownership.expects, true)
  names('cid', 'dan')
  strictEqual(ownership.expect(peers, 150), true)
  strictEqual(ownership.giveUp(99), 100)
  strictEqual(ownership.giveUp(100), 150, 'cid, which was named first')
  names('dan')
  strictEqual(ownership.expect(new Map(peers).set('dan', new ItemPeer('dan', 3)), 200), false)
  strictEqual(ownership.expects, false)
})
