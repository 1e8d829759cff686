import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { Forms } from './codec-form.ts'
import type { Age, Member, TreeMessage } from './messages.ts'

// Most bytes of a text, and most things in a list.
const PEER = 128
const SWARM = 256
const JOB = 128
const JOB_TEXT = 16 * 1024
const FEATURE = 64
const FEATURES = 64
const ADDRESS = 512
const ADDRESSES = 64
const SOURCE = 4096
const REASON = 1000
const MEMBERS = 16 * 1024

// An age with a peer of one byte, four numbers, an empty source, no addresses and two booleans.
const LEAST_MEMBER = 8 + 3 + 4 * 8 + 2 + 4 + 2

/** `hello`, and the messages that shape the tree. */
export const treeForms: Forms<'hello' | TreeMessage['type']> = {
  hello: {
    write(to, hello) {
      to.string('the swarm', hello.swarm, SWARM)
      to.string('the job', hello.job, JOB)
      to.string('the job in words', hello.jobText, JOB_TEXT)
      writeAge(to, hello.age)
      to.u32('the number of features', hello.features.length, FEATURES)
      for (const feature of hello.features) to.string('a feature', feature, FEATURE)
      to.u32('children', hello.children)
      to.u32('the most children', hello.maxChildren)
      to.boolean(hello.parent !== undefined)
      if (hello.parent !== undefined) writeAge(to, hello.parent)
    },
    read(from) {
      return {
        type: 'hello',
        swarm: from.string('the swarm', SWARM),
        job: from.string('the job', JOB),
        jobText: from.string('the job in words', JOB_TEXT),
        age: readAge(from),
        features: readStrings(from, 'feature', FEATURES, FEATURE),
        children: from.u32('children'),
        maxChildren: from.u32('the most children'),
        parent: from.boolean('whether there is a parent') ? readAge(from) : undefined
      }
    }
  },
  attach: { write: () => {}, read: () => ({ type: 'attach' }) },
  attached: { write: () => {}, read: () => ({ type: 'attached' }) },
  redirect: { write: writeMembers, read: from => ({ type: 'redirect', members: readMembers(from) }) },
  members: { write: writeMembers, read: from => ({ type: 'members', members: readMembers(from) }) },
  goodbye: {
    write(to, goodbye) {
      to.boolean(goodbye.again)
      to.shortened('the reason', goodbye.reason, REASON)
    },
    read(from) {
      const again = from.boolean('again')
      return { type: 'goodbye', reason: from.string('the reason', REASON), again }
    }
  }
}

function writeMembers(to: ByteWriter, { members }: { readonly members: readonly Member[] }): void {
  to.u32('the number of members', members.length, MEMBERS)
  for (const member of members) writeMember(to, member)
}

function readMembers(from: ByteReader): Member[] {
  const count = from.count('members', MEMBERS, LEAST_MEMBER)
  return Array.from({ length: count }, () => readMember(from))
}

function writeMember(to: ByteWriter, member: Member): void {
  writeAge(to, member.age)
  to.u32('the number of addresses', member.addresses.length, ADDRESSES)
  for (const address of member.addresses) to.string('an address', address, ADDRESS)
  to.u53('the version', member.version)
  to.string('the source', member.source, SOURCE)
  to.u53('the position', member.position)
  to.u53('the words', member.words)
  to.u53('the packs', member.packs)
  to.boolean(member.finished)
  to.boolean(member.left)
}

function readMember(from: ByteReader): Member {
  return {
    age: readAge(from),
    addresses: readStrings(from, 'address', ADDRESSES, ADDRESS),
    version: from.u53('the version'),
    source: from.string('the source', SOURCE),
    position: from.u53('the position'),
    words: from.u53('the words'),
    packs: from.u53('the packs'),
    finished: from.boolean('finished'),
    left: from.boolean('left')
  }
}

function writeAge(to: ByteWriter, age: Age): void {
  to.u53('the start', age.start)
  to.string('the peer', age.peer, PEER)
}

function readAge(from: ByteReader): Age {
  return { start: from.u53('the start'), peer: from.string('the peer', PEER, 1) }
}

function readStrings(from: ByteReader, what: string, most: number, longest: number): string[] {
  const count = from.count(`values of ${what}`, most, 2)
  return Array.from({ length: count }, () => from.string(what, longest))
}
