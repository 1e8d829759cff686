// The words every part of the runtime shares. Types only: nothing here runs.

/** One stage of a flow: items in, items out. It pulls, so a slow stage slows its source. */
export type Operator<In, Out> = (items: AsyncIterable<In>) => AsyncIterable<Out>

/** Items that travel together; a plain array is one. Iterating gives the items one by one. */
export interface Chunk<Item> extends Iterable<Item> {
  readonly length: number
  /** Where the source stands after this chunk, for sources that can be resumed. */
  readonly position?: Position
  /** Event time in ms below which nothing comes after this chunk but what is late; where the stream's maker knows better than its items tell. */
  readonly watermark?: number
}

/**
 * A stream that also hands out its items in chunks, so that a hop costs one promise a chunk and not one an item.
 * Reading it item by item and reading it by `chunks()` give the same items; one reader, once.
 */
export interface Stream<Item> extends AsyncIterable<Item> {
  chunks(): AsyncGenerator<Chunk<Item>>
}

/** A place in a source: everything before it has been handed out. In a followed file that was replaced it counts from the new file's start. */
export interface Position {
  /** Uncompressed bytes handed out so far, over all files of the source; items, where those have no place in bytes (Parquet, a synthetic stream). */
  readonly bytes: number
  /** Bytes the source has in all, uncompressed; absent where it is not known. */
  readonly totalBytes?: number
  /** Share of the source handed out, 0 to 1; absent where it is not known (standard input, a followed file). */
  readonly share?: number
}

/** Lines of text as UTF-8, back to back without their ends: line i is bytes[ends[i-1] … ends[i]). Iterates as strings. */
export interface TextChunk extends Chunk<string> {
  readonly bytes: Uint8Array
  readonly ends: Uint32Array // [lines]
}

/** Lines of words: word i is bytes[wordEnds[i-1] … wordEnds[i]); line j holds the words lineEnds[j-1] … lineEnds[j]-1. */
export interface WordChunk extends Chunk<string[]> {
  readonly bytes: Uint8Array // UTF-8 of the words, back to back
  readonly wordEnds: Uint32Array // [words]
  readonly lineEnds: Uint32Array // [lines]
}

/** What training has come to. */
export interface Progress {
  /** Words read from the stream so far, known or not. */
  readonly words: number
  /** Mean loss since the last progress; NaN where none was measured. */
  readonly loss: number
  readonly position: Position | undefined
}

/** A peer's copy of the parameters, and the only thing that changes them. */
export interface Replica<Item> {
  /** Accepts one chunk for training; resolves when there is room for another. */
  train(chunk: Chunk<Item>): Promise<void>
  /** Resolves when everything accepted has been trained. */
  drain(): Promise<void>
  /** What training has come to; the loss is measured on the device, so ask now and then, not for every chunk. */
  progress(): Promise<Progress>
}

/** What gives predictions. */
export interface Predictor<In, Out> {
  /** A prediction for each item, in their order, by the model as it is; changes nothing. */
  predict(items: readonly In[]): Promise<readonly Out[]>
}

/** A replica that also predicts, from items like those it learns from. */
export interface PredictingReplica<Item, Out> extends Replica<Item>, Predictor<Item, Out> {}

/** Word vectors on the host, most frequent word first: what exports write and evaluations read. */
export interface WordVectors {
  readonly dim: number
  readonly words: readonly string[]
  readonly counts: Float64Array // [words], falling
  readonly vectors: Float32Array<ArrayBuffer> // [words, dim]
}

/** A place for named files, each written whole or not at all. */
export interface Store {
  /** What to call the place in messages: a folder's path, say. */
  readonly place: string
  /** Replaces the file with the concatenation of `parts`; until that is safe, and if it fails, the file stays as it was. */
  write(name: string, parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void>
  /** Bytes in the file; undefined where there is none. */
  size(name: string): Promise<number | undefined>
  /** `length` bytes of the file from `offset` on; fewer only at its end. */
  read(name: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
  /** The files' names. */
  list(): Promise<string[]>
  /** Removes the file, if it is there. */
  remove(name: string): Promise<void>
}

/**
 * Changes to some rows of one table, as integers, so that sums have no order. Rows are numbers of this peer's own table;
 * between peers they go by their key.
 */
export interface RowChanges {
  readonly dim: number
  readonly rows: Uint32Array<ArrayBuffer> // [n], ascending, each once
  readonly shifts: Uint8Array<ArrayBuffer> // [n], 0 to 24
  /** [n, dim]: row i changes by values[i] << shifts[i], in the table's unit, wrapping at 32 bits. */
  readonly values: Int8Array<ArrayBuffer> | Int16Array<ArrayBuffer> | Int32Array<ArrayBuffer>
  readonly accumulators: Int32Array<ArrayBuffer> // [n], in the contract's ACCUMULATOR_UNIT
  readonly counts: Uint32Array<ArrayBuffer> // [n], how many packs are summed in the row
}

/** What training did to a replica since it last told: one part for each of its tables, in their order. */
export type Delta = readonly RowChanges[]

/** What peers must agree on about a table before they exchange rows of it. */
export interface TableShape {
  readonly name: string
  readonly dim: number
  /** Size of one step of `shared`; a power of two. */
  readonly unit: number
  /** Rows there is room for. */
  readonly capacity: number
}

/** The names of a replica's rows; its tables share them. Keys are 64 bits, as two u32: low, high. */
export interface RowNames {
  /** Rows named so far: 0 … size - 1. */
  readonly size: number
  /** Keys of the rows `first … end - 1`, two u32 (low, high) each. */
  keys(first: number, end: number): Uint32Array
  /** What a row's key was made from; empty where rows are only numbers. */
  text(row: number): string
  /** The row of a key, or -1. */
  find(low: number, high: number): number
  /** The key of the row that a text has or would have: low, high. */
  keyOf(text: string): Uint32Array
  /**
   * Makes a row for a text that another peer has met, and returns it (the row it has, where it is known already).
   * @throws RangeError where there is no room.
   */
  admit(text: string): number
}

/** A replica that can be trained by many peers at once (section "Deltas" of ARCHITECTURE.md). */
export interface SharedReplica {
  readonly tables: readonly TableShape[]
  readonly names: RowNames
  /** Takes what training did since the last pack; the rows' `shared` move by exactly what is handed out. May be empty. `replicas` train the model. */
  pack(replicas: number): Promise<Delta>
  /** Milliseconds spent packing and applying so far; waiting for training that was under way does not count. */
  readonly spent: number
  /** Whether the last pack, which is bounded in size, left rows for the next. */
  readonly hasMore: boolean
  /** shared += change; weights += unit · change; contributions += count. */
  apply(delta: Delta): Promise<void>
  /** A 64-bit hash of every row's shared values, for each table u32 [rows, 2]; a row that is as it was initialised hashes like any other. */
  rowHashes(): Promise<readonly Uint32Array<ArrayBuffer>[]>
  /** The shared values of rows (ascending) of each table, as 32-bit changes from zero with shift 0 and count 0. */
  readShared(rows: readonly Uint32Array<ArrayBuffer>[]): Promise<Delta>
  /**
   * Makes the shared values of the rows in `state` exactly those, and those of `fresh` (for each table, ascending) what a new
   * row has; what was not sent yet stays in the weights. A row that changes by this counts one contribution.
   */
  adopt(state: Delta, fresh: readonly Uint32Array<ArrayBuffer>[]): Promise<void>
  /** 128 bits in hexadecimal that say whether two replicas agree: of all rows of all tables, sorted by key; rows that are as new are left out. */
  sharedHash(): Promise<string>
}

/** The swarm as one peer sees it now. */
export interface SwarmStatus {
  readonly swarm: string
  readonly peer: string
  /** Whether it has no parent: the oldest peer, or one that is cut off. */
  readonly root: boolean
  /** The neighbours. */
  readonly links: readonly LinkStatus[]
  /** Every peer of the swarm that is alive as far as is known, this one included, oldest first. */
  readonly members: readonly MemberStatus[]
  /** Bytes of this peer's links since the start, on the wire before encryption. */
  readonly bytesIn: number
  readonly bytesOut: number
  /** The streams on which channels go, one to each peer that has one open. */
  readonly channels: readonly ChannelLinkStatus[]
  /** Bytes of all such streams since the start, on the wire before encryption; not counted in those of links. */
  readonly channelBytesIn: number
  readonly channelBytesOut: number
  readonly packs: number
  readonly framesApplied: number
  /** Milliseconds from when a pack was made to when it was applied here: mean and greatest of the last minute; 0 where none was. */
  readonly stalenessMean: number
  readonly stalenessMax: number
  /** Share of the last seconds that was spent applying, 0 to 1. */
  readonly applyShare: number
  /** What broke the rules, by kind, since the start. */
  readonly rejected: Readonly<Record<string, number>>
}

export interface LinkStatus {
  readonly peer: string
  readonly role: 'parent' | 'child'
  readonly bytesIn: number
  readonly bytesOut: number
  readonly bytesInPerSecond: number
  readonly bytesOutPerSecond: number
  /** Frames sent and not acknowledged yet. */
  readonly unacknowledged: number
  /** Packs that wait to be sent. */
  readonly waiting: number
}

export interface ChannelLinkStatus {
  readonly peer: string
  /** The channels that both have open, ascending. */
  readonly names: readonly string[]
  readonly bytesIn: number
  readonly bytesOut: number
  readonly bytesInPerSecond: number
  readonly bytesOutPerSecond: number
  /** Bytes that wait to be sent. */
  readonly waitingBytes: number
}

export interface MemberStatus {
  readonly peer: string
  readonly addresses: readonly string[]
  /** When it started: ms since 1970. */
  readonly start: number
  /** Words it has trained. */
  readonly words: number
  /** What it reads, where that is shared; empty where its source is its own. */
  readonly source: string
  /** Bytes of its source it has read. */
  readonly position: number
  readonly finished: boolean
}

/** Which packs a replica's shared values hold; kept with them, it lets a later process go on as if it had not been away. */
export interface Held {
  /** For each origin the last pack. */
  readonly vector: Readonly<Record<string, number>>
  /** When the process that came to this started, ms since 1970; a later one of the same peer starts later. */
  readonly start: number
}

/** What a channel's owner hears, in the order it happens. A member that leaves says so; one that is lost just stops. */
export type ChannelEvent =
  | { readonly type: 'joined' | 'left' | 'lost'; readonly peer: string }
  /** `bytes` begin at byte 0 of a buffer that nobody else holds. */
  | { readonly type: 'message'; readonly peer: string; readonly bytes: Uint8Array<ArrayBuffer> }

/**
 * Messages between any two peers of a swarm that have opened a channel of the same name: what the routing of items is built on.
 * Messages from one member to another arrive in order, each once, until either leaves or is lost to the other; then those on
 * their way are gone. A member that was lost may join again.
 */
export interface Channel {
  /** This peer. */
  readonly peer: string
  /** Peers that have the channel open as far as is known here, this one included; ascending. */
  readonly members: readonly string[]
  /**
   * Sends bytes, at most 1 MiB, to another member; dropped where it is none. They must not change any more. It is the caller who
   * bounds what is on its way.
   *
   * @throws RangeError where the message is longer.
   */
  send(to: string, message: Uint8Array): void
  /**
   * Sends what waits, says that this peer leaves the channel, and forgets it. Nothing is heard any more, and the name is free
   * at once. Resolves when all has been handed to the links, after 10 s at most; never rejects.
   */
  close(): Promise<void>
}

/** Hears what happens in a channel, in that order; also while a promise that it returned before is not settled. */
export type ChannelHandler = ((event: ChannelEvent) => void) | ((event: ChannelEvent) => PromiseLike<unknown>)

/** Where channels come from; a swarm is one. */
export interface Channels {
  /**
   * Opens the channel of that name, at once with this peer as its only member; whoever else is there joins later, never
   * within this call. Where `hear` returns a promise for a message, that counts as unprocessed until it settles; a peer of whose
   * messages more than 16 MiB are (one counts 1 KiB at least) is cut off. So is one over whose message `hear` throws or rejects:
   * that is the sender's fault.
   *
   * @throws RangeError where the name has not 1 to 64 characters; Error where it is open already, 64 others are, or the peer has left.
   */
  channel(name: string, hear: ChannelHandler): Channel
}

/** What an operator holds by key, so that it can move to another peer together with the keys. */
export interface KeyedState {
  /** Takes out all that is held for the keys that `moves` holds of: plain values that a message can carry. */
  take(moves: (key: unknown) => boolean): readonly unknown[]
  /** Puts in what another peer has taken out. */
  put(entries: readonly unknown[]): void
}

/** A swarm that this peer is in. */
export interface Swarm extends Channels {
  readonly peer: string
  status(): SwarmStatus
  /** Says what this peer is doing; the others hear of it within about a second. */
  report(state: { readonly words: number; readonly position: number; readonly finished?: boolean }): void
  /**
   * Packs what was trained since the last time and lets it out; resolves when it is packed, not when it is sent. False where it
   * is not time yet, since packing and applying would take too much of training's time; never where it is `urgent` (default
   * false). There is nothing to do while alone.
   */
  exchange(urgent?: boolean): Promise<boolean>
  /** What the shared values hold now; for checkpoints, to be asked within `alone`. */
  readonly held: Held
  /** Runs `act` while no delta is packed or applied: for checkpoints. */
  alone<Result>(act: () => Promise<Result>): Promise<Result>
  /** Resolves when every live peer has finished and this one has all their packs, or when the signal aborts. */
  settled(signal: AbortSignal): Promise<void>
  /** Resolves, with one clear line, when the swarm cannot go on (no room for a word, the device failed); never rejects. */
  readonly lost: Promise<Error>
  /** Leaves politely: closes the channels, sends what waits, says good-bye, closes. */
  leave(): Promise<void>
}

/** What a detector of drift says of the stream so far: all as before, perhaps a drift, a drift. */
export type Verdict = 'none' | 'warning' | 'drift'

/** A detector's state as plain finite numbers, exact in JSON. */
export interface DetectorState {
  /** The function that makes such a detector. */
  readonly detector: string
  readonly options: Readonly<Record<string, number | boolean | string>>
  readonly values: readonly number[]
}

/** Watches a stream of errors or losses for a change. After a drift it starts anew by itself. */
export interface Detector {
  /**
   * Takes the next value.
   *
   * @throws RangeError where it is not a number at most 1e100 in size, or not of the kind that the detector works on; it is not counted then.
   */
  update(value: number): Verdict
  /** Forgets all it has seen. */
  reset(): void
  /** What it holds; a detector opened from that goes on as if it were this one. */
  save(): DetectorState
}

/** Watches the losses of training for its end. Once converged it starts anew by itself. */
export interface Convergence {
  /**
   * Takes the next loss; whether training has converged with it.
   *
   * @throws RangeError where it is not a number at most 1e100 in size; it is not counted then.
   */
  update(loss: number): boolean
  /** Forgets all it has seen. */
  reset(): void
  /** What it holds; one opened from that goes on as if it were this one. */
  save(): DetectorState
}

/** A replica that predicts, and whose training can be told that the world has changed. */
export interface AdaptableReplica<Item, Out> extends PredictingReplica<Item, Out> {
  /** Learns what is trained from now on at so many times its own rate; 1 is its own. */
  boost?(factor: number): void
  /** Makes the layer that predicts as it was when new; what is below it stays. Nothing accepted may be in training. */
  resetHead?(): void
}
