/** Bytes in a piece. */
export const PIECE = 4 * 2 ** 20

/**
 * SHA-256 over the SHA-256 of each 4 MiB of what it is given (the last piece may be shorter), as 64 hexadecimal digits:
 * unlike the platform's digest, it does not need all of it in memory.
 */
export class PieceDigest {
  /** Bytes taken so far. */
  bytes = 0
  readonly #piece = new Uint8Array(PIECE)
  readonly #digests: Uint8Array[] = []
  #filled = 0

  /** Takes the next bytes. */
  async update(part: Uint8Array): Promise<void> {
    this.bytes += part.length
    for (let at = 0; at < part.length; ) {
      const taken = Math.min(part.length - at, PIECE - this.#filled)
      this.#piece.set(part.subarray(at, at + taken), this.#filled)
      this.#filled += taken
      at += taken
      if (this.#filled === PIECE) await this.#close()
    }
  }

  /** The digest of all; nothing may be added after it. */
  async finish(): Promise<string> {
    if (this.#filled > 0) await this.#close()
    const all = new Uint8Array(this.#digests.length * 32)
    this.#digests.forEach((digest, i) => {
      all.set(digest, i * 32)
    })
    const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', all))
    return Array.from(sum, byte => byte.toString(16).padStart(2, '0')).join('')
  }

  async #close(): Promise<void> {
    const digest = await crypto.subtle.digest('SHA-256', this.#piece.subarray(0, this.#filled))
    this.#digests.push(new Uint8Array(digest))
    this.#filled = 0
  }
}
