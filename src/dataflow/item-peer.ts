// A member of a channel of items, as this peer deals with it.

/** Bytes an item is taken to have until some were coded. */
const SOME_BYTES = 256

/** Items that go to one member together. */
export interface Parcel<Item> {
  readonly items: readonly Item[]
  /** The partition of each item; empty where items go by none. */
  readonly partitions: readonly number[]
  /** The least time of the items, in ms; Infinity where they have none. */
  readonly least: number
}

/** A parcel that was sent and is not answered. */
export interface Sent<Item> extends Parcel<Item> {
  readonly bytes: number
}

/** State that was sent and may not have come. */
export interface Handover {
  readonly partitions: Uint16Array
  readonly entries: readonly unknown[]
}

/** Items that wait to be sent. */
export class Gathered<Item> implements Parcel<Item> {
  readonly items: Item[] = []
  readonly partitions: number[] = []
  least = Number.POSITIVE_INFINITY
}

/** How a session with a member ended: it left, was lost, or had lost this peer and is back. */
export type Ending = 'left' | 'lost' | 'anew'

/** What is known of a member, and what is on its way to it; begun anew whenever it was lost. */
export class ItemPeer<Item> {
  readonly name: string
  /** This peer's number for what the member sends. */
  readonly session: number
  /** The member's number for what this peer sends; 0 until it has said hello, and nothing is sent before that. */
  theirs = 0
  leaving = false
  ended: Ending | undefined
  /** Nothing that the member sends from now on, to anyone, is earlier; Infinity where it sends nothing. */
  watermark = Number.NEGATIVE_INFINITY
  /** Whom it knows. */
  members: readonly string[] = []
  /** Partitions of which it has the state but which are others'. */
  readonly coming = new Set<number>()
  readonly handovers = new Map<number, Handover>()
  /** Pieces of a state that is not whole yet. */
  readonly pieces: Uint8Array[] = []
  /** Whether some of it was left out, since it is larger than may be. */
  overlong = false
  gathered = new Gathered<Item>()
  /** By their numbers, in the order they were sent. */
  readonly unanswered = new Map<number, Sent<Item>>()
  /** Bytes of those. */
  bytes = 0
  sequence = 0
  /** Answers heard from it, and given to it. */
  seen = 0
  answers = 0
  /** The watermark that it was told last. */
  told = Number.NEGATIVE_INFINITY
  /** Mean bytes of an item as it was coded. */
  itemBytes = SOME_BYTES

  constructor(name: string, session: number) {
    this.name = name
    this.session = session
  }

  get ready(): boolean {
    return this.theirs !== 0
  }

  /** What waits to be sent, to be sent in another way. */
  takeGathered(): Gathered<Item> {
    const { gathered } = this
    this.gathered = new Gathered()
    return gathered
  }

  /** Bytes that wait or are on their way; an estimate. */
  get backlog(): number {
    return this.bytes + this.gathered.items.length * this.itemBytes
  }

  /** The least time of all that waits or is on its way. */
  get least(): number {
    let { least } = this.gathered
    for (const sent of this.unanswered.values()) least = Math.min(least, sent.least)
    return least
  }
}

/** A number that no earlier session of this peer or of one that had its name is likely to have had. */
export function newSession(): number {
  return 1 + Math.floor(Math.random() * 2 ** 48)
}
