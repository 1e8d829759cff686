import type { MultiaddrConnection } from '@libp2p/interface'

type Timeline = MultiaddrConnection['timeline']

/**
 * Counts the bytes that come on connections before they are decrypted: on a slow link they are seen long before the record that
 * they are part of can be read. A libp2p connection and the socket under it have only their timeline in common.
 */
export class Received {
  readonly #bytes = new WeakMap<Timeline, number>()

  /** Counts what comes on a connection from here on. To be called once its encryption stands: until then the first to listen takes all. */
  count(connection: MultiaddrConnection): void {
    const { timeline } = connection
    connection.addEventListener('message', ({ data }) => {
      this.#bytes.set(timeline, this.on(timeline) + data.byteLength)
    })
  }

  /** Bytes that have come on the connection with that timeline. */
  on(timeline: Timeline): number {
    return this.#bytes.get(timeline) ?? 0
  }
}
