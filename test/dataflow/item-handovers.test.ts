import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import type { Coded } from '../../src/dataflow/item-codec.ts'
import { Handovers, MOST_STATE_BYTES } from '../../src/dataflow/item-handovers.ts'
import type { Message } from '../../src/dataflow/item-messages.ts'
import { type Handover, ItemPeer } from '../../src/dataflow/item-peer.ts'
import type { Router } from '../../src/dataflow/item-router.ts'

/** One end of a link; `takes` says whether state that comes is taken. */
function end(takes: boolean) {
  const said: Message[] = []
  const came: { partitions: number[]; bytes: Uint8Array }[] = []
  const handed: [Handover, string][] = []
  const router = {
    came: (partitions: Uint16Array, { bytes }: Coded) => {
      came.push({ partitions: Array.from(partitions), bytes })
      return takes
    },
    handed: (handover: Handover, how: string) => void handed.push([handover, how])
  } as Partial<Router<never>> as Router<never>
  const handovers = new Handovers(router, (_, message) => said.push(message))
  const peer = new ItemPeer<never>('other', 5)
  peer.theirs = 5
  return { handovers, said, came, handed, peer }
}

const some: Handover = { partitions: Uint16Array.of(3, 7), entries: [] }
const state = (size: number): Coded => ({ form: 0, bytes: new Uint8Array(size).fill(7) })
type State = Message & { kind: 'state' }
const isState = (message: Message): message is State => message.kind === 'state'

for (const takes of [true, false]) {
  test(`state goes in pieces and comes whole, and its sender hears that it is ${takes ? 'taken' : 'refused'}`, () => {
    const [from, to] = [end(true), end(takes)]
    to.peer.coming.add(3).add(7).add(9)
    for (const size of [0, 65_536, 200_000, MOST_STATE_BYTES]) {
      ok(from.handovers.hand(from.peer, some, state(size)))
      for (const message of from.said.splice(0).filter(isState)) to.handovers.came(to.peer, message)
      deepStrictEqual(to.came.at(-1)?.partitions, [3, 7])
      strictEqual(to.came.at(-1)?.bytes.length, size)
      const [answer] = to.said.splice(0)
      ok(answer?.kind === 'taken')
      from.handovers.answered(from.peer, answer)
      deepStrictEqual(from.handed.pop(), [some, takes ? 'taken' : 'refused'])
    }
    deepStrictEqual(Array.from(to.peer.coming), takes ? [9] : [3, 7, 9])
    strictEqual(from.peer.handovers.size, 0)
  })
}

test('state that is too large for one handover is not sent at all', () => {
  const { handovers, said, peer } = end(true)
  strictEqual(handovers.hand(peer, some, state(MOST_STATE_BYTES + 1)), false)
  deepStrictEqual([said, peer.handovers.size], [[], 0])
})

test('of a sender that breaks the bound no more is gathered than it allows, and none of it is taken for state', () => {
  for (const bytes of [0, 1, 65_536, 65_537]) {
    const { handovers, came, peer, said } = end(true)
    const piece: State = {
      ...{ kind: 'state', session: 5, handover: 1, last: false, form: 0 },
      ...{ partitions: new Uint16Array(0), bytes: new Uint8Array(bytes) }
    }
    for (let n = 0; n < 1000; n++) handovers.came(peer, piece)
    ok(peer.pieces.length <= MOST_STATE_BYTES / 65_536, `${peer.pieces.length}`)
    handovers.came(peer, { ...piece, last: true, partitions: some.partitions })
    deepStrictEqual([came.at(-1)?.bytes.length, peer.pieces.length], [0, 0])
    // What comes after it is as good as ever.
    handovers.came(peer, { ...piece, bytes: new Uint8Array(5), last: true, partitions: some.partitions })
    strictEqual(came.at(-1)?.bytes.length, 5)
    strictEqual(said.length, 2)
  }
})
