import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** A stream to which a test puts items as it goes; `ended` tells whether its reader has stopped or it is over. */
export class Feed<Item> {
  ended = false
  readonly #items: Item[] = []
  #over = false
  #error: Error | undefined
  #bell = Promise.withResolvers<void>()

  put(...items: Item[]): void {
    this.#items.push(...items)
    this.#bell.resolve()
  }

  end(error?: Error): void {
    this.#over = true
    this.#error = error
    this.#bell.resolve()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    try {
      for (;;) {
        while (this.#items.length > 0) yield this.#items.shift() as Item
        if (this.#error !== undefined) throw this.#error
        if (this.#over) return
        await this.#bell.promise
        this.#bell = Promise.withResolvers()
      }
    } finally {
      this.ended = true
    }
  }
}

/** A connection that reads nothing until it is told to. */
export async function deaf(t: TestContext, port: number, request: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  t.after(() => socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.pause()
  socket.write(request)
  return socket
}
