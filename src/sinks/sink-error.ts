/** A sink cannot take what it was given: its message is one line for the user, naming the sink and what to do. */
export class SinkError extends Error {
  override name = 'SinkError'
}
