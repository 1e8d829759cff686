// What a WebSocket has brought and the flow has not asked for yet.

/** Counted for each message beside its characters: what it costs to keep one at all. */
const MESSAGE_CHARACTERS = 64

/** Messages for one reader, bounded in characters. */
export class Messages {
  readonly #most: number
  readonly #dropsOldest: boolean
  #texts: string[] = []
  #characters = 0
  #dropped = 0
  #end: { readonly error: Error | undefined } | undefined
  #bell = Promise.withResolvers<void>()

  constructor(most: number, dropsOldest: boolean) {
    this.#most = most
    this.#dropsOldest = dropsOldest
  }

  /** Messages that made room for later ones. */
  get dropped(): number {
    return this.#dropped
  }

  /** Whether there was room. */
  put(text: string): boolean {
    if (this.#end !== undefined) return true
    const characters = this.#characters + text.length + MESSAGE_CHARACTERS
    if (characters > this.#most && !this.#dropsOldest) return false
    this.#texts.push(text)
    this.#characters = characters
    while (this.#characters > this.#most) this.#drop()
    this.#bell.resolve()
    return true
  }

  /** Nothing comes any more; the reader gets what is there, and then the error. */
  end(error?: Error): void {
    this.#end ??= { error }
    this.#bell.resolve()
  }

  /** All that has come; undefined at the end. */
  async take(): Promise<string[] | undefined> {
    while (this.#texts.length === 0) {
      if (this.#end?.error !== undefined) throw this.#end.error
      if (this.#end !== undefined) return undefined
      await this.#bell.promise
      this.#bell = Promise.withResolvers()
    }
    const texts = this.#texts
    this.#texts = []
    this.#characters = 0
    return texts
  }

  #drop(): void {
    this.#characters -= (this.#texts.shift()?.length ?? 0) + MESSAGE_CHARACTERS
    this.#dropped++
  }
}
