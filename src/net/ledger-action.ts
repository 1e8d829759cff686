import type { LedgerMessage, Origin, RowHashes, Vector } from './messages.ts'
import type { ProtocolError } from './protocol-error.ts'

/** What a ledger wants done: in this order, all of it before it is told anything else. */
export type LedgerAction<Content> =
  /** Add to the replica's shared state. `link`: where it came from; undefined where an adoption had taken it out and it goes in again. */
  | { readonly type: 'apply'; readonly content: Content; readonly link: string | undefined }
  /** The same; it is a pack that this peer makes now, and takes back so many that a neighbour refused. */
  | { readonly type: 'take-back'; readonly content: Content; readonly packs: number }
  | { readonly type: 'send'; readonly link: string; readonly message: LedgerMessage<Content> }
  /** Send `want-state` with the hashes of this replica's rows as they are now. */
  | { readonly type: 'send-hashes'; readonly link: string }
  /** Send `state` messages of this number and vector, with the rows that differ from the hashes as they are now. */
  | {
      readonly type: 'send-state'
      readonly link: string
      readonly adoption: number
      readonly vector: Vector
      readonly hashes: RowHashes
    }
  /** For the record: what came (or waits) on the link does not fit, so both sides say anew what they hold. */
  | { readonly type: 'lost-place'; readonly link: string; readonly why: 'gap' | 'overlap' | 'scattered' }
  /** For the record: an adoption took these packs of this peer out of the state, and its log does not reach back to put them in again. */
  | { readonly type: 'forgotten'; readonly origin: Origin; readonly first: number; readonly last: number }
  /** A message that had to wait broke the rules, as if `received` had thrown. The ledger has closed the link; so must the driver. */
  | { readonly type: 'violation'; readonly link: string; readonly error: ProtocolError }
