/** A peer said what it may not say, or not now: its link is to be closed. `what was wrong; got what came`. */
export class ProtocolError extends Error {
  override name = 'ProtocolError'
}
