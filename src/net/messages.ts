// What two peers say to each other on a link. Types only; codec.ts writes and reads them.

/** Who made a pack: `peer id/start time in ms`. A peer that starts again is another origin. */
export type Origin = string

/** For each origin the last pack that a state holds; packs of an origin are applied in order, from 1 on. */
export type Vector = ReadonlyMap<Origin, number>

/** The packs that are summed in a frame: for each origin, first to last. */
export type Ranges = ReadonlyMap<Origin, readonly [first: number, last: number]>

/** When a peer started (ms since 1970), then its id: the order in which parents are found. Never changes. */
export interface Age {
  readonly start: number
  readonly peer: string
}

/** What the swarm knows of one of its peers; the record of greatest `version` is the one that counts. */
export interface Member {
  readonly age: Age
  /** Multiaddrs at which it can be dialled. */
  readonly addresses: readonly string[]
  readonly version: number
  /** Which source it reads, so that those who read the same can share it; empty where it is its own. */
  readonly source: string
  /** Bytes of its source it has read. */
  readonly position: number
  /** Words it has trained. */
  readonly words: number
  /** Its last pack's number. */
  readonly packs: number
  /** Its stream is over and everything it learned is packed. */
  readonly finished: boolean
  /** It has said good-bye; the record stays a while so that nobody takes an older one for news. */
  readonly left: boolean
}

/** The first message of each side. */
export interface Hello {
  readonly type: 'hello'
  readonly swarm: string
  /** Hash of all that must be the same for deltas to make sense: SHA-256 in hexadecimal. */
  readonly job: string
  /** The same in words, to tell a user what differs: JSON, at most 16 KiB. */
  readonly jobText: string
  readonly age: Age
  /** What this peer understands beyond the version of the protocol. */
  readonly features: readonly string[]
  /** Links it has, and how many it takes at most as children. */
  readonly children: number
  readonly maxChildren: number
  /** Its parent's age; undefined for a root. */
  readonly parent: Age | undefined
}

/** Messages that shape the tree. */
export type TreeMessage =
  /** The younger asks the older: be my parent. */
  | { readonly type: 'attach' }
  | { readonly type: 'attached' }
  /** No room: try these (all older than whoever is told). A child that is told this leaves. */
  | { readonly type: 'redirect'; readonly members: readonly Member[] }
  /** What is new about peers of the swarm; also the heartbeat, so it may be empty. */
  | { readonly type: 'members'; readonly members: readonly Member[] }
  /** The link ends; `reason` is for people. `again` is false where dialling again is of no use. */
  | { readonly type: 'goodbye'; readonly reason: string; readonly again: boolean }

/** Messages that carry the model. `Content` is the sum of some packs. */
export type LedgerMessage<Content> =
  /** What the sender has, as of now: the first of these on a link, and again where it lost its place. */
  | { readonly type: 'vector'; readonly round: number; readonly vector: Vector }
  | {
      readonly type: 'frame'
      readonly ranges: Ranges
      readonly content: Content
      /** Milliseconds since the oldest pack in it was made, by the clocks of the peers it passed; transit not counted. */
      readonly waited: number
    }
  /** So many frames have been applied (or dropped as old). */
  | { readonly type: 'ack'; readonly frames: number }
  /** The child's log, or the parent's, does not reach: the child asks for the parent's whole state. */
  | { readonly type: 'want-state'; readonly hashes: RowHashes }
  /** The parent must hand its state down: from here on it ignores the child's frames, until `adopted` of this number. */
  | { readonly type: 'must-adopt'; readonly adoption: number }
  /** The parent's vector and, in as many messages as it takes, all rows that differ from the child's. */
  | {
      readonly type: 'state'
      readonly adoption: number
      readonly vector: Vector
      readonly state: Content
      /** Rows the child has and the parent has not, by key: they become as new. */
      readonly unknown: Uint32Array<ArrayBuffer> // [rows, 2]
      readonly last: boolean
    }
  | { readonly type: 'adopted'; readonly adoption: number }
  /** The last frame of these packs was not let in, and the link is at its end: whoever made them is to take them back. */
  | { readonly type: 'refused'; readonly ranges: Ranges }
  /** Pack `by` of the sender is the exact negative of these packs of the sender. */
  | { readonly type: 'recall'; readonly packs: Ranges; readonly by: Ranges }

/** Hashes of a replica's shared rows, by key. */
export interface RowHashes {
  readonly keys: Uint32Array<ArrayBuffer> // [rows, 2]
  /** For each table u32 [rows, 2]. */
  readonly tables: readonly Uint32Array<ArrayBuffer>[]
}

export type Message<Content> = Hello | TreeMessage | LedgerMessage<Content>
