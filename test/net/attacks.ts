// Ways to break the rules of a link, each in one connection.

import type { Content } from '../../src/net/content.ts'
import { BULK, MORE } from '../../src/net/frame.ts'
import { type MessageName, numberOf } from '../../src/net/message-types.ts'
import type { Member, Message } from '../../src/net/messages.ts'
import {
  framed,
  type HostileLink,
  type HostilePeer,
  type LivePeer,
  packs,
  strangers
} from './hostile-peer.ts'
import { deltaOf, SmallReplica } from './small-replica.ts'

/** What an attacker does; the link is to be cut for it. */
export interface Attack {
  readonly name: string
  /** As what it is counted. */
  readonly offence: string
  readonly begin: (attacker: HostilePeer, victim: LivePeer) => Promise<HostileLink>
}

/** How far an attacker keeps the rules: it has a stream, has said hello, is a child, has said what it holds. */
type Step = 'dial' | 'meet' | 'attach' | 'open'

type Act = (link: HostileLink) => void | Promise<void>

const attack = (offence: string, name: string, step: Step, act: Act): Attack => ({
  offence,
  name,
  async begin(attacker, victim) {
    const link = await attacker[step](victim)
    await act(link)
    return link
  }
})

export const member = (changes: Partial<Member> = {}): Member => ({
  age: { start: 7, peer: 'QmNobody' },
  addresses: [],
  version: 1,
  source: '',
  position: 0,
  words: 0,
  packs: 0,
  finished: false,
  left: false,
  ...changes
})

const NO_ROWS = { words: 0, delta: deltaOf(new SmallReplica(), [], 0) }
const NO_KEYS = new Uint32Array(0)

/** A sound message of each type that may come behind hello. */
const SOUND = {
  attach: { type: 'attach' },
  attached: { type: 'attached' },
  redirect: { type: 'redirect', members: [member()] },
  members: { type: 'members', members: [member()] },
  goodbye: { type: 'goodbye', reason: 'enough', again: true },
  ack: { type: 'ack', frames: 1 },
  vector: { type: 'vector', round: 1, vector: new Map([['a/1', 1]]) },
  'want-state': { type: 'want-state', hashes: { keys: NO_KEYS, tables: [NO_KEYS, NO_KEYS] } },
  'must-adopt': { type: 'must-adopt', adoption: 1 },
  adopted: { type: 'adopted', adoption: 1 },
  refused: { type: 'refused', ranges: packs('a/1', 1) },
  recall: { type: 'recall', packs: packs('a/1', 1), by: packs('a/1', 2) },
  frame: { type: 'frame', ranges: packs('a/1', 1), content: NO_ROWS, waited: 0 },
  state: { type: 'state', adoption: 1, vector: new Map(), state: NO_ROWS, unknown: NO_KEYS, last: true }
} as const satisfies { readonly [Name in Exclude<MessageName, 'hello'>]: Message<Content> }

/** Sends a frame of two words after `change` has been at its bytes. */
const editedFrame = (change: (view: DataView<ArrayBuffer>, link: HostileLink) => void): Act => {
  return link => {
    const bytes = link.bytes(link.frame(packs('a/1', 1), ['one', 'two']))
    change(new DataView(bytes.buffer), link)
    link.send('frame', bytes)
  }
}
// waited f64 · u32 origins · u16 length · "a/1" · u53 first · u53 last · u53 words · zeros up to a multiple of 4 · delta
const FIRST = 8 + 4 + 2 + 3
const DELTA = 44
const ROWS = DELTA + 4
const KEYS = DELTA + 12
const KEY = 8

const edited = (offence: string, name: string, change: (view: DataView<ArrayBuffer>) => void): Attack =>
  attack(offence, name, 'open', editedFrame(change))

const says = (offence: string, name: string, step: Step, ...messages: readonly Message<Content>[]): Attack =>
  attack(offence, name, step, link => link.say(...messages))

const MORE_BYTES = new Uint8Array(8)

const malformed: readonly Attack[] = Object.entries(SOUND).flatMap(([name, message]) => {
  const longer = attack('malformed', `${name} with bytes behind it`, 'open', link =>
    link.send(numberOf(message.type), Buffer.concat([link.bytes(message), MORE_BYTES]), 0)
  )
  const shorter = attack('malformed', `${name} cut short`, 'open', link =>
    link.send(numberOf(message.type), link.bytes(message).subarray(0, -1), 0)
  )
  return name === 'attach' || name === 'attached' ? [longer] : [longer, shorter]
})

const framing: readonly Attack[] = [
  attack('oversize', 'another protocol', 'dial', link => link.raw(Buffer.from('GET / HTTP/1.1\r\n\r\n'))),
  attack('oversize', 'a claim of 4 GiB', 'open', link =>
    link.raw(Uint8Array.of(numberOf('frame'), BULK, 0, 0, 255, 255, 255, 255))
  ),
  attack('oversize', 'a hello of 70 KiB', 'dial', link => link.send('hello', new Uint8Array(70 << 10), 0)),
  attack('malformed', 'empty fragments', 'open', link => link.send('frame', new Uint8Array(0), BULK | MORE)),
  attack('malformed', 'a message within another', 'open', link => {
    link.send('frame', Uint8Array.of(1), BULK | MORE)
    link.send('vector', Uint8Array.of(1))
  })
]

const introductions: readonly Attack[] = [
  says('protocol', 'a first message that is no hello', 'dial', SOUND.members),
  attack('protocol', 'the name of another', 'dial', link =>
    link.say(link.hello({ age: { start: 7, peer: 'QmNobody' } }))
  ),
  attack('malformed', 'a hello cut short', 'dial', link =>
    link.send('hello', link.bytes(link.hello()).subarray(0, 20), 0)
  ),
  attack('protocol', 'a second hello', 'open', link => link.say(link.hello())),
  attack('mismatch', 'another swarm', 'dial', link =>
    link.say(link.hello({ swarm: 'other\u001b[2J\nfake line' }))
  ),
  attack('mismatch', 'another job', 'dial', link =>
    link.say(link.hello({ job: 'other', jobText: '{"other\\u001b[2J\\nfake line":1}' }))
  )
]

const frames: readonly Attack[] = [
  edited('malformed', 'a key twice', view => {
    new Uint8Array(view.buffer).copyWithin(KEYS + KEY, KEYS, KEYS + KEY)
  }),
  edited('malformed', 'the text of another key', view => view.setUint32(KEYS, 77, true)),
  edited('malformed', 'an unknown key without text', view => view.setUint32(ROWS + 4, 0, true)),
  edited('malformed', 'more rows than there is room for', view => view.setUint32(ROWS, 1 << 20, true)),
  edited('malformed', 'more rows than there are bytes', view => view.setUint32(ROWS, 60_000, true)),
  edited('malformed', 'packs from 0 on', view => view.setUint32(FIRST, 0, true)),
  edited('malformed', 'packs that end before they begin', view => view.setUint32(FIRST, 9, true)),
  edited('malformed', 'packs beyond 2^53', view => view.setUint32(FIRST + 12, 1 << 30, true)),
  edited('malformed', 'a time that is no number', view => view.setFloat64(0, Number.NaN, true)),
  attack('protocol', 'a row that counts as more packs than came', 'open', link => {
    const { content, ...frame } = link.frame(packs('a/1', 1))
    const delta = content.delta.map(part => ({ ...part, counts: part.counts.map(() => 2) }))
    link.say({ ...frame, content: { ...content, delta } })
  }),
  attack('protocol', 'no packs', 'open', link => link.say(link.frame(new Map()))),
  attack('protocol', 'a frame before the vector', 'attach', link => link.say(link.frame(packs('a/1', 1)))),
  attack('protocol', 'a frame without being attached', 'meet', link => link.say(link.frame(packs('a/1', 1)))),
  {
    offence: 'protocol',
    name: 'packs that the victim itself should have made',
    async begin(attacker, victim) {
      const link = await attacker.open(victim)
      const own = Object.keys(victim.swarm.held.vector).find(origin => origin.startsWith(victim.node.peer))
      link.say(link.frame(packs(own ?? '', 1, 1_000_000)))
      return link
    }
  },
  attack('flood', 'frames without waiting for acknowledgements', 'open', link => {
    const all = Array.from({ length: 40 }, (_, i) => link.bytes(link.frame(packs('a/1', i + 1))))
    link.raw(Buffer.concat(all.map(bytes => framed(numberOf('frame'), bytes))))
  }),
  attack('protocol', 'origins without end', 'open', async link => {
    while (!link.isOver) {
      const before = link.came.length
      link.say(link.frame(strangers(2000, [1, 1] as const, 100)))
      await link.heard('ack', before).catch(() => {})
    }
  })
]

const untimely: readonly Attack[] = [
  says('protocol', 'a vector of a round that nobody began', 'open', { ...SOUND.vector, round: 7 }),
  says('protocol', 'acknowledgements of nothing', 'open', { type: 'ack', frames: 1_000_000 }),
  says('protocol', 'acknowledgements of no frame', 'open', { type: 'ack', frames: 0 }),
  says('protocol', 'adopted, though nothing was handed over', 'open', SOUND.adopted),
  says('protocol', 'must-adopt from a child', 'open', SOUND['must-adopt']),
  says('protocol', 'a state from a child', 'open', SOUND.state),
  says('protocol', 'a state wanted twice', 'open', SOUND['want-state'], SOUND['want-state']),
  says('protocol', 'attached, though nobody asked', 'meet', SOUND.attached),
  says('protocol', 'a redirect, though nobody asked', 'meet', SOUND.redirect),
  says('protocol', 'packs refused that nobody sent', 'open', SOUND.refused),
  says('protocol', 'a recall of what others made', 'open', SOUND.recall),
  attack('protocol', 'a recall by a pack that comes before', 'open', link => {
    link.say({ type: 'recall', packs: packs(link.origin, 2), by: packs(link.origin, 1) })
  }),
  attack('protocol', 'a recall of what was taken back', 'open', link => {
    for (const by of [3, 4])
      link.say({ type: 'recall', packs: packs(link.origin, 1, 2), by: packs(link.origin, by) })
  }),
  says('protocol', 'attach twice', 'open', SOUND.attach),
  attack('flood', 'small messages without end', 'open', link => {
    const bytes = framed(numberOf('members'), link.bytes({ type: 'members', members: [] }), 0)
    for (let i = 0; i < 8; i++) link.raw(Buffer.concat(Array.from({ length: 2000 }, () => bytes)))
  })
]

const records = (name: string, changes: Partial<Member>): Attack =>
  says('protocol', name, 'open', { type: 'members', members: [member(changes)] })

const members: readonly Attack[] = [
  records('nine addresses of a peer', { addresses: [...'123456789'] }),
  records('an address of 400 bytes', { addresses: ['x'.repeat(400)] }),
  attack('malformed', 'a number beyond 2^53', 'open', link => {
    const bytes = link.bytes({ type: 'members', members: [member()] })
    bytes.fill(255, 4, 12)
    link.send('members', bytes, 0)
  })
]

export const attacks = [...introductions, ...framing, ...malformed, ...frames, ...untimely, ...members]
