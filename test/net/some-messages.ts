import fc from 'fast-check'
import type { Content } from '../../src/net/content.ts'
import type { MessageName } from '../../src/net/message-types.ts'
import type { Member, Message } from '../../src/net/messages.ts'
import type { TableShape } from '../../src/types.ts'
import { deltas } from './deltas.ts'

const record = <Value>(fields: { [Key in keyof Value]: fc.Arbitrary<Value[Key]> }): fc.Arbitrary<Value> =>
  fc.record(fields, { noNullPrototype: true })
const whole = fc.maxSafeNat()
const text = (maxLength: number) => fc.string({ unit: 'grapheme-ascii', maxLength })
const age = record({ start: whole, peer: fc.string({ minLength: 1, maxLength: 30 }) })
const origin = fc.tuple(age).map(([{ peer, start }]) => `${peer}/${start}`)

const member: fc.Arbitrary<Member> = record({
  age,
  addresses: fc.array(text(40), { maxLength: 4 }),
  version: whole,
  source: fc.string({ maxLength: 60, unit: 'grapheme' }),
  position: whole,
  words: whole,
  packs: whole,
  finished: fc.boolean(),
  left: fc.boolean()
})

const vector = fc.array(fc.tuple(origin, whole), { maxLength: 8 }).map(entries => new Map(entries))

const ranges = fc
  .array(fc.tuple(origin, fc.integer({ min: 1, max: 2 ** 40 }), fc.nat()), { maxLength: 8 })
  .map(entries => new Map(entries.map(([name, first, more]) => [name, [first, first + more] as const])))

const keys = fc
  .uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 12 })
  .map(all => new Uint32Array(BigUint64Array.from(all).buffer))

/** A message of each name, for these tables, about rows 0 … size - 1. */
export function messages(
  tables: readonly TableShape[],
  size: number
): { [Name in MessageName]: fc.Arbitrary<Message<Content>> } {
  const type = <Name extends MessageName>(name: Name) => fc.constant(name)
  const content = record({ words: whole, delta: deltas(tables, size) })
  return {
    hello: record({
      type: type('hello'),
      swarm: text(40),
      job: text(64),
      jobText: fc.oneof(fc.json(), fc.constant('語'.repeat(5461))),
      age,
      features: fc.array(text(20), { maxLength: 4 }),
      children: fc.nat(),
      maxChildren: fc.nat(),
      parent: fc.option(age, { nil: undefined })
    }),
    attach: record({ type: type('attach') }),
    attached: record({ type: type('attached') }),
    redirect: record({ type: type('redirect'), members: fc.array(member, { maxLength: 6 }) }),
    members: record({ type: type('members'), members: fc.array(member, { maxLength: 6 }) }),
    goodbye: record({
      type: type('goodbye'),
      reason: fc.string({ maxLength: 100 }),
      again: fc.boolean()
    }),
    ack: record({ type: type('ack'), frames: whole }),
    vector: record({ type: type('vector'), round: whole, vector }),
    'want-state': record({
      type: type('want-state'),
      hashes: keys.map(all => ({ keys: all, tables: tables.map((_, i) => all.map(value => value + i)) }))
    }),
    'must-adopt': record({ type: type('must-adopt'), adoption: whole }),
    adopted: record({ type: type('adopted'), adoption: whole }),
    refused: record({ type: type('refused'), ranges }),
    recall: record({ type: type('recall'), packs: ranges, by: ranges }),
    frame: record({
      type: type('frame'),
      ranges,
      content,
      waited: fc.double({ min: 0, max: 2 ** 53 - 1, noNaN: true })
    }),
    state: record({
      type: type('state'),
      adoption: whole,
      vector,
      state: content,
      unknown: keys,
      last: fc.boolean()
    })
  }
}
