// Batches that have come, on their way to the reader.

import { decodeValues } from './item-codec.ts'
import type { ItemPeer } from './item-peer.ts'
import type { Batch } from './item-router.ts'

/** What becomes of an item now: it goes out, waits for the state of its key, or is refused since it is another's. */
export type Fate = 'out' | 'wait' | 'refuse'

/** A batch of which something is not dealt with. */
interface Open<Item> {
  readonly batch: Batch<Item>
  /** Items that are not dealt with. */
  left: number
  readonly refused: Set<number>
}

/** Some items of a batch. */
interface Part<Item> {
  readonly open: Open<Item>
  readonly items: readonly Item[]
  readonly partitions: ArrayLike<number>
}

/** Takes batches apart into what is handed out, what waits and what is refused; answers each when all of it is dealt with. */
export class Incoming<Item> {
  readonly #answer: (batch: Batch<Item>, refused: Uint16Array) => void
  readonly #come: Batch<Item>[] = []
  /** Parts whose items may be handed out now, before what comes later. */
  readonly #parts: Part<Item>[] = []
  readonly #waiting = new Map<number, Part<Item>[]>() // by partition
  /** Partitions of which something is refused: nothing later may be taken until the sender has heard that. */
  readonly #refusing = new WeakMap<ItemPeer<Item>, Map<number, number>>()
  #inHand: { readonly open: Open<Item>; readonly items: number } | undefined
  /** Batches that were no items. */
  rejected = 0

  constructor(answer: (batch: Batch<Item>, refused: Uint16Array) => void) {
    this.#answer = answer
  }

  /** Whether nothing has come that was not dealt with. */
  get empty(): boolean {
    return (
      this.#come.length === 0 &&
      this.#parts.length === 0 &&
      this.#waiting.size === 0 &&
      this.#inHand === undefined
    )
  }

  put(batch: Batch<Item>): void {
    this.#come.push(batch)
  }

  /** What was handed out last has been worked through. */
  done(): void {
    if (this.#inHand === undefined) return
    const { open, items } = this.#inHand
    this.#inHand = undefined
    this.#settle(open, items)
  }

  /** Asks again what becomes of what waits. */
  review(fateOf: (partition: number) => Fate): void {
    for (const [partition, parts] of this.#waiting) {
      if (fateOf(partition) === 'wait') continue
      this.#waiting.delete(partition)
      this.#parts.unshift(...parts)
    }
  }

  /** The items to hand out next, with their partitions; undefined where there are none now. */
  next(fateOf: (partition: number) => Fate): Part<Item> | undefined {
    for (;;) {
      const part = this.#parts.shift() ?? this.#open(this.#come.shift())
      if (part === undefined) return undefined
      const out = this.#sorted(part, fateOf)
      if (out.items.length === 0) continue
      this.#inHand = { open: out.open, items: out.items.length }
      return out
    }
  }

  #open(batch: Batch<Item> | undefined): Part<Item> | undefined {
    if (batch === undefined) return undefined
    const { partitions } = batch
    const items = this.#itemsOf(batch)
    return { open: { batch, left: items.length, refused: new Set() }, items, partitions }
  }

  /** None where the bytes are not what they should be: the sender is then told that all is well, or it would send them for ever. */
  #itemsOf(batch: Batch<Item>): readonly Item[] {
    if (!('form' in batch.items)) return batch.items
    try {
      const items = decodeValues(batch.items) as Item[]
      if (items.length > 0 && items.length === batch.partitions.length) return items
    } catch {}
    this.rejected++
    return []
  }

  /** What of a part is to be handed out; the rest is refused, or waits. */
  #sorted(part: Part<Item>, fateOf: (partition: number) => Fate): Part<Item> {
    const { open, items, partitions } = part
    const fates = new Map<number, Fate>()
    for (let i = 0; i < items.length; i++) {
      const partition = partitions[i] as number
      if (!fates.has(partition)) fates.set(partition, this.#fateOf(partition, open, fateOf))
    }
    const all = new Set(fates.values())
    if (all.size === 1 && all.has('out')) return part
    const out = { open, items: [] as Item[], partitions: [] as number[] }
    const waiting = new Map<number, { open: Open<Item>; items: Item[]; partitions: number[] }>()
    let refused = 0
    for (let i = 0; i < items.length; i++) {
      const partition = partitions[i] as number
      const fate = fates.get(partition)
      if (fate === 'refuse') {
        refused++
        continue
      }
      const into = fate === 'out' ? out : (waiting.get(partition) ?? { open, items: [], partitions: [] })
      if (fate === 'wait') waiting.set(partition, into)
      into.items.push(items[i] as Item)
      into.partitions.push(partition)
    }
    for (const [partition, some] of waiting) {
      const before = this.#waiting.get(partition)
      if (before === undefined) this.#waiting.set(partition, [some])
      else before.push(some)
    }
    for (const [partition, fate] of fates) {
      if (fate !== 'refuse') continue
      open.refused.add(partition)
      this.#refusingOf(open.batch.from).set(partition, Number.POSITIVE_INFINITY)
    }
    this.#settle(open, refused)
    return out
  }

  #fateOf(partition: number, { batch }: Open<Item>, fateOf: (partition: number) => Fate): Fate {
    const refusing = this.#refusing.get(batch.from)
    const until = refusing?.get(partition)
    if (until !== undefined && batch.seen < until) return 'refuse'
    refusing?.delete(partition)
    return this.#waiting.has(partition) ? 'wait' : fateOf(partition)
  }

  #settle(open: Open<Item>, items: number): void {
    open.left -= items
    if (open.left > 0) return
    const refusing = this.#refusingOf(open.batch.from)
    for (const partition of open.refused) refusing.set(partition, open.batch.from.answers + 1)
    this.#answer(open.batch, Uint16Array.from(open.refused))
  }

  #refusingOf(peer: ItemPeer<Item>): Map<number, number> {
    const known = this.#refusing.get(peer)
    if (known !== undefined) return known
    const refusing = new Map<number, number>()
    this.#refusing.set(peer, refusing)
    return refusing
  }
}
