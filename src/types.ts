// The words every part of the runtime shares. Types only: nothing here runs.

/** One stage of a flow: items in, items out. It pulls, so a slow stage slows its source. */
export type Operator<In, Out> = (items: AsyncIterable<In>) => AsyncIterable<Out>

/** Items that travel together; a plain array is one. Iterating gives the items one by one. */
export interface Chunk<Item> extends Iterable<Item> {
  readonly length: number
  /** Where the source stands after this chunk, for sources that can be resumed. */
  readonly position?: Position
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
  /** Uncompressed bytes handed out so far, over all files of the source. */
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
