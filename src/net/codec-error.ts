import type { Ranges } from './messages.ts'

/** Bytes that came over a link are not the message they claim to be; `link: type: what was wanted; what came`. */
export class CodecError extends Error {
  override readonly name: string = 'CodecError'

  constructor(type: string, wanted: string, got: string | number) {
    super(`link: ${type}: ${wanted}; got ${got}`)
  }
}

/** A sound message brings more words than the tables have room for: not the sender's fault, but it cannot be taken. */
export class NoRoomError extends CodecError {
  override readonly name = 'NoRoomError'
  /** The packs that bring them, where they came in a frame. */
  ranges: Ranges | undefined
}
