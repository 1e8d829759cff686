/** How long a peer waits for its neighbours, in ms. */
export interface Patience {
  /** For the hello. Default 10 s. */
  readonly hello: number
  /** For the next 1 KiB of a message that has begun. Default 30 s. */
  readonly message: number
  /** For an answer, beside what a slow link takes to bring it. Default 60 s. */
  readonly answer: number
}

export const PATIENCE: Patience = { hello: 10_000, message: 30_000, answer: 60_000 }
