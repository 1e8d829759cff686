// Keys in 1024 parts, and which member each part belongs to.

import { mix } from './line-hash.ts'
import { heaviest } from './shard.ts'

/** Parts that all keys fall into; a part moves from peer to peer as a whole. */
export const PARTITIONS = 1024

/** What items can be sent by. */
export type RoutingKey = string | number | boolean

const words = new DataView(new ArrayBuffer(8))

/**
 * The partition of a key, 0 to 1023, the same on every machine. Keys that a Map holds for equal have the same.
 *
 * @throws TypeError where the key is neither a string, a number nor a boolean.
 */
export function partitionOf(key: unknown): number {
  if (typeof key === 'string') {
    let hash = key.length
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x0100_0193)
    return mix(hash) % PARTITIONS
  }
  if (typeof key === 'number') {
    const number = key + 0 // -0 is 0
    if ((number | 0) === number) return mix(number) % PARTITIONS
    words.setFloat64(0, number)
    return mix(words.getInt32(0) ^ mix(words.getInt32(4))) % PARTITIONS
  }
  if (typeof key === 'boolean') return mix(key ? 1 : 0) % PARTITIONS
  throw new TypeError(`key must be a string, a number or a boolean; got ${typeof key}`)
}

/**
 * For each partition the place in `seeds` of the member that owns it, by rendezvous: when a member comes or goes only its own
 * partitions change hands. `seeds` are hashes of the members' names, in the order of the names.
 */
export function ownersOf(seeds: Uint32Array): Uint16Array {
  return Uint16Array.from({ length: PARTITIONS }, (_, partition) => heaviest(seeds, partition))
}
