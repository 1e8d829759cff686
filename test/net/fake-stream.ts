import { StreamAbortEvent, StreamCloseEvent, StreamMessageEvent, StreamResetEvent } from '@libp2p/interface'
import type { LinkStream } from '../../src/net/link.ts'

/**
 * One end of a stream in memory with libp2p's events. What is sent stays in flight until `deliver` is called; with `window`
 * bytes in flight it wants to be drained first.
 */
export class FakeStream extends EventTarget {
  status: LinkStream['status'] = 'open'
  readableEnded = false
  writableNeedsDrain = false
  /** Sizes of the writes. */
  readonly writes: number[] = []
  inFlight = 0
  #queue: Uint8Array[] = []
  #closes = false
  #writeEnded = false
  #other: FakeStream = this
  readonly window: number

  constructor(window: number) {
    super()
    this.window = window
  }

  static pair(window = Number.POSITIVE_INFINITY): [FakeStream, FakeStream] {
    const [a, b] = [new FakeStream(window), new FakeStream(window)]
    a.#other = b
    b.#other = a
    return [a, b]
  }

  send(data: Uint8Array | Iterable<Uint8Array>): boolean {
    if (this.status !== 'open' || this.#closes) throw new Error('sent on a closed stream')
    if (this.writableNeedsDrain) throw new Error('sent although the stream wants to be drained')
    if (!(data instanceof Uint8Array)) throw new Error('one piece expected')
    this.writes.push(data.length)
    this.inFlight += data.length
    this.#queue.push(data)
    this.writableNeedsDrain = this.inFlight >= this.window
    return !this.writableNeedsDrain
  }

  /** Hands the next bytes, at most so many, to the other side in one event. */
  deliver(most = Number.POSITIVE_INFINITY): void {
    const pieces: Uint8Array[] = []
    let left = Math.min(most, this.inFlight)
    this.inFlight -= left
    while (left > 0) {
      const first = this.#queue[0] as Uint8Array
      pieces.push(first.subarray(0, left))
      if (first.length <= left) this.#queue.shift()
      else this.#queue[0] = first.subarray(left)
      left -= Math.min(left, first.length)
    }
    const data = pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces)
    if (data.length > 0) this.#other.dispatchEvent(new StreamMessageEvent(data))
    if (this.writableNeedsDrain && this.inFlight < this.window) {
      this.writableNeedsDrain = false
      this.dispatchEvent(new Event('drain'))
    }
    this.#endWhenDelivered()
  }

  async close(): Promise<void> {
    this.#closes = true
    this.#endWhenDelivered()
  }

  abort(error: Error): void {
    if (this.status !== 'open') return
    this.#stop('aborted', new StreamAbortEvent(error))
    if (this.#other.status === 'open')
      this.#other.#stop('reset', new StreamResetEvent(new Error('the stream was reset')))
  }

  /** The connection below is gone, as when the other process was killed. */
  lose(): void {
    for (const end of [this, this.#other]) end.#stop('closed', new StreamCloseEvent())
  }

  #endWhenDelivered(): void {
    if (!this.#closes || this.#writeEnded || this.inFlight > 0 || this.status !== 'open') return
    this.#writeEnded = true
    this.#other.readableEnded = true
    this.#other.dispatchEvent(new Event('end'))
    if (this.#other.#writeEnded)
      for (const end of [this, this.#other]) end.#stop('closed', new StreamCloseEvent())
  }

  #stop(status: FakeStream['status'], event: StreamCloseEvent): void {
    this.status = status
    this.#queue = []
    this.inFlight = 0
    this.dispatchEvent(event)
  }
}
