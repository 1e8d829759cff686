import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

const STEP_MS = 100

/** Passes TCP connections on to a port of this host; each way takes so many bytes a second once it is told to. */
export class Throttle {
  /** Bytes that went to those who connected. */
  passed = 0
  readonly #bytesASecond: number
  readonly #sockets = new Set<Socket>()
  #port = 0
  #slow = false

  constructor(bytesASecond: number) {
    this.#bytesASecond = bytesASecond
  }

  get port(): number {
    return this.#port
  }

  /** Connections there are. */
  get connections(): number {
    return this.#sockets.size / 2
  }

  /** Listens on a free port until the test is over. */
  async open(t: TestContext, target: number): Promise<void> {
    const server = createServer(near => {
      const far = connect(target, '127.0.0.1')
      for (const [from, to] of [
        [near, far],
        [far, near]
      ] as const) {
        this.#sockets.add(from)
        void this.#pass(from, to, to === near)
        from.on('error', () => {})
        from.on('close', () => {
          this.#sockets.delete(from)
          to.destroy()
        })
      }
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port
    t.after(() => {
      for (const socket of this.#sockets) socket.destroy()
      server.close()
    })
  }

  /** From here on it is as slow as it was told, or not. */
  slow(slow: boolean): void {
    this.#slow = slow
  }

  /** Reads only what it passes on, so that the rest waits with the sender. */
  async #pass(from: Socket, to: Socket, counts: boolean): Promise<void> {
    const step = Math.ceil((this.#bytesASecond * STEP_MS) / 1000)
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        for (let at = 0; at < chunk.length; ) {
          const end = this.#slow ? Math.min(at + step, chunk.length) : chunk.length
          if (to.destroyed) return
          if (!to.write(chunk.subarray(at, end))) await once(to, 'drain')
          if (counts) this.passed += end - at
          if (this.#slow) await new Promise(resolve => setTimeout(resolve, STEP_MS))
          at = end
        }
      }
      to.end()
    } catch {
      to.destroy()
    }
  }
}
