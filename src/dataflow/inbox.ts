// What operators that read several things at once have in common.

/** Ends a source; what that throws is dropped, since it would hide why it is ended. */
export async function close(reader: AsyncGenerator<unknown>): Promise<void> {
  await reader.return(undefined).catch(() => {})
}

/**
 * What has happened, in order, for one reader that takes one at a time. (A race of promises would add to a promise that
 * stays open with each round, and so grow without bound.)
 */
export class Inbox<Event> {
  readonly #events: Event[] = []
  #ring: (() => void) | undefined

  put(event: Event): void {
    this.#events.push(event)
    this.#ring?.()
  }

  async take(): Promise<Event> {
    while (this.#events.length === 0) {
      await new Promise<void>(resolve => {
        this.#ring = resolve
      })
    }
    return this.#events.shift() as Event
  }
}
