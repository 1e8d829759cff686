/** A source cannot be read: its message is one line for the user, naming the source and what to do. */
export class SourceError extends Error {
  override name = 'SourceError'
}
