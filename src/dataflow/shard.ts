import { chunkAt, chunksOf, stream } from '../stream.ts'
import type { Chunk, Operator, Position, TextChunk } from '../types.ts'
import { hashBytes, hashText, mix, viewOf } from './line-hash.ts'
import { isText } from './text-columns.ts'

/** Whether a line with this 32-bit hash is this peer's to train. */
export type Mine = (hash: number) => boolean

/** Tells what is this peer's; asked once for each chunk, so the answer may change while a stream runs. */
export type Share = () => Mine

/**
 * Keeps the lines that are this peer's, in order.
 *
 * A line is known by its bytes alone: not by its place, since peers may begin at different places and a followed file comes
 * in other chunks at each. Lines that are equal so go to one peer. Chunks keep their positions; one of which nothing is
 * left is empty.
 *
 * @throws TypeError where an item is not a string.
 */
export function shard(share: Share): Operator<string, string> {
  return lines => stream(() => sharded(chunksOf(lines), share))
}

/**
 * One of `count` equal parts, the same for ever; `index` counts from 1.
 *
 * @throws RangeError where `index` is not from 1 to `count`, or one of them is not a whole number.
 */
export function part(index: number, count: number): Share {
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(index) || index < 1 || index > count) {
    throw new RangeError(`shard: wanted a part from 1 to the number of parts; got ${index} of ${count}`)
  }
  const mine: Mine = hash => hash % count === index - 1
  return () => mine
}

/** The part of `self` among those who are there now, by `rendezvous`. */
export function living(members: () => readonly string[], self: string): Share {
  let known: string | undefined
  let mine: Mine = () => true
  return () => {
    const now = members()
    const names = now.join('\n')
    if (names !== known) mine = rendezvous(now, self)
    known = names
    return mine
  }
}

/** Lines are given to members by the upper 16 bits of their hash: with 8 members their shares then differ by 1 % (σ). */
const BUCKETS = 2 ** 16
const UNKNOWN = 0
const OTHERS = 1
const OWN = 2

/**
 * Gives each line to the member with the highest random weight for it: each to exactly one, in equal shares, and when a
 * member comes or goes only its own lines change hands. The order of `members` is of no matter, and `self` is one of them
 * whether it is named or not.
 */
export function rendezvous(members: readonly string[], self: string): Mine {
  // Two names of equal hash have equal weights; the order by name then decides, everywhere alike.
  const names = [...new Set([...members, self])].sort()
  const seeds = Uint32Array.from(names, hashText)
  const own = names.indexOf(self)
  const owners = new Uint8Array(BUCKETS)
  return hash => {
    const bucket = hash >>> 16
    if (owners[bucket] === UNKNOWN) owners[bucket] = heaviest(seeds, bucket) === own ? OWN : OTHERS
    return owners[bucket] === OWN
  }
}

/** The place in `seeds` of the member with the highest random weight for a bucket; the first of those with equal weights. */
export function heaviest(seeds: Uint32Array, bucket: number): number {
  const place = mix(bucket + 1)
  let first = 0
  let most = -1
  for (let i = 0; i < seeds.length; i++) {
    const weight = mix((seeds[i] as number) ^ place)
    if (weight <= most) continue
    most = weight
    first = i
  }
  return first
}

async function* sharded(chunks: AsyncIterable<Chunk<string>>, share: Share): AsyncGenerator<Chunk<string>> {
  for await (const chunk of chunks) {
    const kept = isText(chunk) ? keepBytes(chunk, share()) : keepStrings(chunk, share())
    if (kept.length > 0 || kept.position !== undefined) yield kept
  }
}

function keepStrings(chunk: Chunk<string>, mine: Mine): Chunk<string> {
  const kept = Array.from(chunk).filter(line => {
    if (typeof line !== 'string') throw new TypeError(`shard: wanted lines of text; got ${typeof line}`)
    return mine(hashText(line))
  })
  return chunkAt(kept, chunk.position)
}

function keepBytes({ bytes, ends, position }: TextChunk, mine: Mine): TextChunk {
  const view = viewOf(bytes)
  const kept = new Uint8Array(bytes.length)
  const keptEnds = new Uint32Array(ends.length)
  let filled = 0
  let lines = 0
  let start = 0
  for (let line = 0; line < ends.length; line++) {
    const end = ends[line] as number
    if (mine(hashBytes(bytes, view, start, end))) {
      kept.set(bytes.subarray(start, end), filled)
      filled += end - start
      keptEnds[lines++] = filled
    }
    start = end
  }
  return textChunk(kept.subarray(0, filled), keptEnds.subarray(0, lines), position)
}

function textChunk(bytes: Uint8Array, ends: Uint32Array, position: Position | undefined): TextChunk {
  return {
    bytes,
    ends,
    length: ends.length,
    ...(position !== undefined && { position }),
    *[Symbol.iterator]() {
      const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
      let start = 0
      for (const end of ends) {
        yield decoder.decode(bytes.subarray(start, end))
        start = end
      }
    }
  }
}
