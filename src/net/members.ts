import { checkAge, compareAges } from './age.ts'
import type { Age, Member } from './messages.ts'
import { ProtocolError } from './protocol-error.ts'

/** After so many milliseconds without a newer record a peer counts as dead: later than a link that is silent is given up. */
export const DEAD_MS = 12_000
/** After so many its record is forgotten, a good-bye's too. */
export const FORGOTTEN_MS = 60_000
/** Records that are held at most, this peer's own aside. */
export const MOST_MEMBERS = 1024
/** Records in one message at most. */
export const MOST_IN_MESSAGE = 256
/** Bytes of the records in one message at most: a few that go on for ever must not make it too long to be sent. */
const MOST_BYTES = 200 * 1024
/** Addresses of one peer at most, and bytes of each. */
export const MOST_ADDRESSES = 8
export const LONGEST_ADDRESS = 255

const LONGEST_SOURCE = 4096
// A version counts refreshes, about one a second: no earlier process can have been further ahead than this.
const LARGEST_LEAD = 2 ** 32
const utf8 = new TextEncoder()

/** What a peer says of itself, besides who it is and where. */
export type Report = Partial<Pick<Member, 'source' | 'position' | 'words' | 'packs' | 'finished'>>

/** For each peer the record that was last sent on a link, or came from it. */
export type Known = Map<string, Member>

interface Entry {
  readonly record: Member
  readonly heard: number
}

/**
 * The records of a swarm's peers, as one of them knows them. A record of a later start counts before one of an earlier,
 * then the greater version counts; when it was heard is measured by this peer's clock alone, so clocks need not agree.
 * A record is passed on only while it is fresh, so what is dead cannot go round for ever.
 */
export class Members {
  #own: Member
  readonly #others = new Map<string, Entry>()

  constructor(self: Age, addresses: readonly string[]) {
    this.#own = {
      age: self,
      addresses: soundAddresses(addresses),
      version: 1,
      source: '',
      position: 0,
      words: 0,
      packs: 0,
      finished: false,
      left: false
    }
    checkMember(this.#own)
  }

  /** This peer's own record. */
  get own(): Member {
    return this.#own
  }

  /** Changes the own record; the next `refresh` makes it news. */
  report(changes: Report & { readonly addresses?: readonly string[] }): void {
    const { addresses = this.#own.addresses, ...rest } = changes
    this.#own = { ...this.#own, ...rest, addresses: soundAddresses(addresses) }
  }

  /** Makes the own record news for everyone; with `left` it is the last one. */
  refresh(left = false): void {
    this.#own = { ...this.#own, version: this.#own.version + 1, left }
  }

  /** Takes a record that `checkMember` has passed; returns whether it is news, and of a peer that was not living. */
  learn(record: Member, now: number): 'old' | 'news' | 'new' {
    const { peer, start } = record.age
    if (peer === this.#own.age.peer) {
      // Left behind by an earlier process with the same start: outdo it, or nobody believes this one. What is too far
      // ahead is made up, and to follow it would use up the versions; the others forget it after FORGOTTEN_MS.
      const lead = record.version - this.#own.version
      if (start === this.#own.age.start && lead > 0 && lead < LARGEST_LEAD) {
        this.#own = { ...this.#own, version: record.version + 1 }
      }
      return 'old'
    }
    const held = this.#others.get(peer)
    if (held !== undefined && !isNewer(record, held.record)) return 'old'
    if (held === undefined && this.#others.size >= MOST_MEMBERS && !this.#makeRoom(now)) return 'old'
    const fresh = this.living(peer, now) && held?.record.age.start === start
    this.#others.set(peer, { record, heard: now })
    return fresh ? 'news' : 'new'
  }

  /** The record of another peer, living or not. */
  get(peer: string): Member | undefined {
    return this.#others.get(peer)?.record
  }

  /** Whether another peer was heard of within DEAD_MS and has not left. */
  living(peer: string, now: number): boolean {
    const entry = this.#others.get(peer)
    return entry !== undefined && !entry.record.left && isFresh(entry, now)
  }

  /** The records of all that live, this peer's own among them, oldest first. */
  list(now: number): Member[] {
    const others = [...this.#others.values()].filter(entry => !entry.record.left && isFresh(entry, now))
    const records = others.map(entry => entry.record)
    if (!this.#own.left) records.push(this.#own)
    return records.sort((a, b) => compareAges(a.age, b.age))
  }

  /** What the other side of a link does not know yet, at most MOST_IN_MESSAGE, this peer and the oldest first; `known` takes it down. */
  news(known: Known, now: number): Member[] {
    let records: Member[] = []
    for (const entry of this.#others.values()) {
      if (isFresh(entry, now) && isNews(entry.record, known)) records.push(entry.record)
    }
    if (records.length >= MOST_IN_MESSAGE) {
      records.sort((a, b) => compareAges(a.age, b.age)).length = MOST_IN_MESSAGE - 1
    }
    if (isNews(this.#own, known)) records.unshift(this.#own)
    let bytes = 0
    records = records.filter(record => {
      bytes += mostBytes(record)
      return bytes <= MOST_BYTES
    })
    for (const record of records) known.set(record.age.peer, record)
    return records
  }

  /** Forgets records not refreshed for FORGOTTEN_MS; returns their peers. */
  expire(now: number): string[] {
    const forgotten = [...this.#others].filter(([, entry]) => now - entry.heard >= FORGOTTEN_MS)
    for (const [peer] of forgotten) this.#others.delete(peer)
    return forgotten.map(([peer]) => peer)
  }

  #makeRoom(now: number): boolean {
    for (const [peer, entry] of this.#others) {
      if (!isFresh(entry, now)) return this.#others.delete(peer)
    }
    return false
  }
}

/** Takes down that the other side of a link knows a record. */
export function note(known: Known, record: Member): void {
  if (isNews(record, known)) known.set(record.age.peer, record)
}

/** @throws ProtocolError where a record is not what a peer may say. */
export function checkMember(member: Member): void {
  checkAge(member.age)
  const { addresses, version, source, position, words, packs } = member
  const wrong = (what: string, wanted: string, got: unknown) =>
    new ProtocolError(`member ${member.age.peer}: ${what} must be ${wanted}; got ${got}`)
  if (addresses.length > MOST_ADDRESSES) {
    throw wrong('addresses', `at most ${MOST_ADDRESSES}`, addresses.length)
  }
  if (!addresses.every(isSoundAddress)) {
    throw wrong('an address', `of at most ${LONGEST_ADDRESS} bytes`, 'a longer one')
  }
  if (source.length > LONGEST_SOURCE) {
    throw wrong('source', `of at most ${LONGEST_SOURCE} characters`, source.length)
  }
  for (const [what, count] of [
    ['version', version],
    ['position', position],
    ['words', words],
    ['packs', packs]
  ] as const) {
    if (!isCount(count)) throw wrong(what, 'a whole number, 0 or more', count)
  }
}

/** The addresses that may stand in a record: the first MOST_ADDRESSES that are not too long, each once. */
export function soundAddresses(addresses: readonly string[]): string[] {
  return [...new Set(addresses)].filter(isSoundAddress).slice(0, MOST_ADDRESSES)
}

function isSoundAddress(address: string): boolean {
  // A UTF-16 unit is at most three bytes.
  return 3 * address.length <= LONGEST_ADDRESS || utf8.encode(address).length <= LONGEST_ADDRESS
}

function isNewer(a: Member, b: Member): boolean {
  return a.age.start > b.age.start || (a.age.start === b.age.start && a.version > b.version)
}

/** Bytes of a record in a message, at most: a UTF-16 unit is three at most. */
function mostBytes({ age, addresses, source }: Member): number {
  const texts = [age.peer, source, ...addresses]
  return texts.reduce((bytes, text) => bytes + 2 + 3 * text.length, 64)
}

function isNews(record: Member, known: Known): boolean {
  const last = known.get(record.age.peer)
  return last === undefined || isNewer(record, last)
}

function isFresh(entry: Entry, now: number): boolean {
  return now - entry.heard < DEAD_MS
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
