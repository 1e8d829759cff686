// Batches of a channel where items go by no key: handed out as they come, answered when the reader comes back.

import type { Chunk } from '../types.ts'
import type { ItemChannel } from './item-channel.ts'
import { decodeValues } from './item-codec.ts'
import type { Batch } from './item-router.ts'
import { TextColumns } from './text-columns.ts'

const NONE = new Uint16Array(0)

/** A chunk as what is sent: text as one value, that of others item by item. */
export function asSent<Item>(chunk: Chunk<Item>): readonly Item[] {
  return chunk instanceof TextColumns ? [chunk as Item] : Array.from(chunk)
}

/** The chunk that was sent. */
export function asChunk<Item>(sent: readonly Item[]): Chunk<Item> {
  const [only] = sent
  return sent.length === 1 && only instanceof TextColumns ? (only as Chunk<unknown> as Chunk<Item>) : sent
}

export class Received<Item> {
  readonly #channel: () => ItemChannel<Item>
  readonly #batches: Batch<Item>[] = []
  #inHand: Batch<Item> | undefined

  constructor(channel: () => ItemChannel<Item>) {
    this.#channel = channel
  }

  get empty(): boolean {
    return this.#batches.length === 0 && this.#inHand === undefined
  }

  put(batch: Batch<Item>): void {
    this.#batches.push(batch)
  }

  /** What was handed out last has been worked through. */
  done(): void {
    if (this.#inHand === undefined) return
    this.#channel().answer(this.#inHand, NONE)
    this.#inHand = undefined
  }

  /** The next items; undefined where there are none now. Bytes that are none are counted, and answered as if they were. */
  next(): Chunk<Item> | undefined {
    for (;;) {
      const batch = this.#batches.shift()
      if (batch === undefined) return undefined
      try {
        const items = 'form' in batch.items ? (decodeValues(batch.items) as Item[]) : batch.items
        this.#inHand = batch
        return asChunk(items)
      } catch {
        this.#channel().rejected++
        this.#channel().answer(batch, NONE)
      }
    }
  }
}
