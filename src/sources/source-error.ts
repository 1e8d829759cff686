/** A source cannot be read: its message is one line for the user, naming the source and what to do. */
export class SourceError extends Error {
  override name = 'SourceError'
}

/** What reading bytes says in the name of `lines`, said by another source that reads the same way; any other error as it is. */
export function saidBy(source: string, error: unknown): unknown {
  if (!(error instanceof SourceError) || !error.message.startsWith('lines:')) return error
  return new SourceError(error.message.replace('lines:', `${source}:`), { cause: error.cause })
}

/** Why something failed, in one line of bounded length: what was thrown may quote the input. */
export function reasonOf(cause: unknown): string {
  const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, ' ').trim()
  return reason.length > 200 ? `${reason.slice(0, 200)}…` : reason
}
