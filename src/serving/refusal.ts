/** Why a request gets no prediction; the message, one line, is for whoever sent it. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  /** The status of HTTP. */
  readonly status: number
  /** Headers that go with it. */
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    message: string,
    { headers = {}, ...cause }: ErrorOptions & { headers?: Readonly<Record<string, string>> } = {}
  ) {
    super(message, cause)
    this.status = status
    this.headers = headers
  }

  /** There is no room or no time for it now. */
  static later(why: string, options?: ErrorOptions): Refusal {
    return new Refusal(503, `${why}; come again`, { ...options, headers: { 'retry-after': '1' } }) // seconds
  }
}
