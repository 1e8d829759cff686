import type { Chunk } from '../types.ts'
import type { Sent } from './item-peer.ts'

/** Decides to whom chunks go. */
export interface Spread<Item> {
  /** Whether another chunk may be read. */
  room(): boolean
  /** Takes a chunk of this peer's source. */
  take(chunk: Chunk<Item>): void
  /** Sends what can be sent. */
  send(): void
  /** A member has gone before it answered this. */
  back(sent: Sent<Item>): void
  /** What this peer hands out itself. */
  own(): Chunk<Item> | undefined
  /** This peer leaves: what waits for others is sent now, or never. */
  leave(): void
  /** Whether nothing waits to be sent or handed out. */
  readonly empty: boolean
}
