// What a channel of items asks of whoever decides what goes where.

import type { Coded } from './item-codec.ts'
import type { Handover, ItemPeer, Sent } from './item-peer.ts'

/** Items that have come, to be answered. */
export interface Batch<Item> {
  readonly from: ItemPeer<Item>
  readonly sequence: number
  /** How many answers of this peer the sender had heard. */
  readonly seen: number
  readonly partitions: ArrayLike<number>
  /** Those of this peer itself are not coded. */
  readonly items: readonly Item[] | Coded
}

/** Who decides what goes where. */
export interface Router<Item> {
  /** Partitions of which this peer has the state but which are others'. */
  moving(): readonly number[]
  /** A member came, has said something of itself, or has gone. */
  changed(gone?: ItemPeer<Item>): void
  arrived(batch: Batch<Item>): void
  /** A parcel was answered, of which these partitions were refused; `by` has gone where it was never answered. */
  answered(by: ItemPeer<Item>, sequence: number, sent: Sent<Item>, refused: ArrayLike<number> | 'all'): void
  /** State has come, whole; whether it is taken. */
  came(partitions: Uint16Array, coded: Coded): boolean
  /** State that was handed over was taken, or was refused, or its taker has gone before it said so. */
  handed(handover: Handover, how: 'taken' | 'refused' | 'lost'): void
}
