// What was posted and waits for the flow.

/** Counted for each item beside its line: what it costs to keep one at all. */
const ITEM_BYTES = 64

/** Items of one request that came together, and the bytes of their lines. */
export interface Batch<Item> {
  readonly items: readonly Item[]
  readonly bytes: readonly number[] // [items]
}

/** What has become of one request's items. */
export class Receipt {
  /** In the room, or taken from it. */
  accepted = 0
  /** The reader came back for more after it had these. */
  taken = 0
  #bell = Promise.withResolvers<void>()

  /** Resolves when it is next woken. */
  news(): Promise<void> {
    return this.#bell.promise
  }

  wake(): void {
    this.#bell.resolve()
    this.#bell = Promise.withResolvers()
  }
}

/** Items that one request had in a row. */
interface Piece<Item> {
  readonly items: readonly Item[]
  readonly bytes: number
  readonly receipt: Receipt
}

/** A batch that is on its way in. */
interface Delivery<Item> {
  readonly batch: Batch<Item>
  readonly receipt: Receipt
  /** Items that are in. */
  next: number
  readonly settled: PromiseWithResolvers<void>
}

/**
 * A queue between many requests and one reader, bounded in bytes. Requests that wait get in one after the other, in the order
 * they came, and an item too large for the whole room gets in when it is empty.
 */
export class Room<Item> {
  /** Items that were ever let in. */
  accepted = 0
  readonly #most: number
  readonly #pieces: Piece<Item>[] = []
  #bytes = 0
  /** In the order of their turns. */
  #deliveries: Delivery<Item>[] = []
  #receipts = new Set<Receipt>()
  #state: 'open' | 'ending' | 'closed' = 'open'
  #bell = Promise.withResolvers<void>()

  constructor(most: number) {
    this.#most = most
  }

  get full(): boolean {
    return this.#deliveries.length > 0 || this.#bytes >= this.#most
  }

  /** Resolves when all of a batch is in, or, with only the first of it, when `ms` are over or the room takes no more. */
  async deliver(batch: Batch<Item>, receipt: Receipt, ms: number): Promise<void> {
    if (this.#state !== 'open') return
    const delivery = { batch, receipt, next: 0, settled: Promise.withResolvers<void>() }
    this.#deliveries.push(delivery)
    this.#admit()
    if (delivery.next === batch.items.length) return
    const timer = setTimeout(() => {
      this.#deliveries = this.#deliveries.filter(other => other !== delivery)
      delivery.settled.resolve()
      // Whoever comes next may have less.
      this.#admit()
    }, ms)
    await delivery.settled.promise
    clearTimeout(timer)
  }

  /** Resolves when all that was accepted for a receipt is taken, or when nothing more will be. */
  async taken(receipt: Receipt): Promise<void> {
    this.#receipts.add(receipt)
    while (receipt.taken < receipt.accepted && this.#state !== 'closed') await receipt.news()
    this.#receipts.delete(receipt)
  }

  /** `ending`: nothing more gets in; `closed`: nothing more comes out. */
  get state(): 'open' | 'ending' | 'closed' {
    return this.#state
  }

  /** Takes no more in; the reader gets what is there, and then the end. */
  end(): void {
    if (this.#state === 'open') this.#state = 'ending'
    for (const { settled } of this.#deliveries.splice(0)) settled.resolve()
    this.#bell.resolve()
  }

  /** What is in the room, as it comes; a reader that stops closes it. */
  async *chunks(): AsyncGenerator<readonly Item[]> {
    try {
      for (;;) {
        const piece = this.#pieces.shift()
        if (piece !== undefined) {
          this.#bytes -= piece.bytes
          this.#admit()
          yield piece.items
          piece.receipt.taken += piece.items.length
          piece.receipt.wake()
        } else if (this.#state !== 'open') return
        else {
          await this.#bell.promise
          this.#bell = Promise.withResolvers()
        }
      }
    } finally {
      this.end()
      this.#state = 'closed'
      this.#pieces.length = 0
      for (const receipt of this.#receipts) receipt.wake()
    }
  }

  #admit(): void {
    for (let head = this.#deliveries[0]; head !== undefined; head = this.#deliveries[0]) {
      if (!this.#admitSome(head)) return
      this.#deliveries.shift()
      head.settled.resolve()
    }
  }

  /** Whether all of the delivery is in. */
  #admitSome(delivery: Delivery<Item>): boolean {
    const { batch, receipt, next: first } = delivery
    let bytes = 0
    while (delivery.next < batch.items.length) {
      const size = (batch.bytes[delivery.next] ?? 0) + ITEM_BYTES
      const before = this.#bytes + bytes
      if (before > 0 && before + size > this.#most) break
      bytes += size
      delivery.next++
    }
    if (delivery.next > first) {
      this.#pieces.push({ items: batch.items.slice(first, delivery.next), bytes, receipt })
      this.#bytes += bytes
      receipt.accepted += delivery.next - first
      this.accepted += delivery.next - first
      this.#bell.resolve()
    }
    return delivery.next === batch.items.length
  }
}
