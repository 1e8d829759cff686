import type { MessageStream } from '@libp2p/interface'
import { frameReader, type LaneProgress, type Limits } from './frame-reader.ts'
import { frameWriter, type Priority } from './frame-writer.ts'
import { LinkError } from './link-error.ts'

/** What a link uses of a libp2p stream. */
export type LinkStream = Pick<
  MessageStream,
  'status' | 'readableEnded' | 'writableNeedsDrain' | 'addEventListener' | 'send' | 'close' | 'abort'
>

/** Acts once, that many milliseconds from now; what it returns calls it off. */
export type Timer = (milliseconds: number, act: () => void) => () => void

export interface LinkOptions {
  readonly limits: Limits
  /**
   * A message came; it has a buffer of its own, from byte 0 on. Where a promise is returned, the message counts as
   * unprocessed until that settles. An error, thrown or rejected with, aborts the link.
   */
  readonly onMessage: (type: number, message: Uint8Array<ArrayBuffer>) => undefined | PromiseLike<unknown>
  /**
   * The link is over: called once. The error is there unless one of the two sides closed it politely, and says why in one
   * line; it is a LinkError where the other side broke the rules. No message comes after it.
   */
  readonly onClose: (error?: Error) => void
  /** Bytes of messages that may be unprocessed, one counting at least 1 KiB; beyond it the link is aborted. Default 64 MiB. */
  readonly maxUnprocessed?: number
  /** Milliseconds within which a message that has begun must get on by 1 KiB. Default 30 s. */
  readonly frameTime?: number
  /** Milliseconds that `close` waits for the bytes to go and for the other side to close too. Default 10 s. */
  readonly closeTime?: number
  /** Default: setTimeout. */
  readonly timer?: Timer
}

/** Messages in both directions over one stream. */
export interface Link {
  /** Bytes that came and that were handed to the stream. */
  readonly bytesIn: number
  readonly bytesOut: number
  /** Bytes that came in messages of bulk, whole or not. */
  readonly bulkIn: number
  /** Bytes of messages that were accepted and not yet handed to the stream. It is the caller who keeps this bounded. */
  readonly buffered: number
  /** Sends a message: its parts, back to back, which must not change any more. Does nothing once the link is closing. */
  send(type: number, bytes: Uint8Array | readonly Uint8Array[], priority: Priority): void
  /** Writes what was sent, then closes; what comes meanwhile is ignored. Resolves when the link is over; never rejects. */
  close(): Promise<void>
  /** Ends the link at once, on both sides; the reason is for `onClose` here, the other side only sees a reset. */
  abort(reason: string): void
}

const MIN_MESSAGE_COST = 1024
/** Bytes that must come in `frameTime` while a message is unfinished: a slow link brings that, one that hangs on purpose does not. */
const LEAST_PROGRESS = 1024

/**
 * Opens a link on a stream. Nothing is read by `for await`, `pause()` or `onDrain()`: none of them gives back-pressure
 * (libp2p 3.3). What comes is bounded by what is unprocessed, what goes by the stream's `writableNeedsDrain`.
 */
export function openLink(stream: LinkStream, options: LinkOptions): Link {
  const { limits, onMessage, onClose } = options
  const { maxUnprocessed = 64 << 20, frameTime = 30_000, closeTime = 10_000, timer = afterTimeout } = options
  const writer = frameWriter()
  const reader = frameReader({ limits, onMessage: deliver })
  const over = Promise.withResolvers<void>()
  let state: 'open' | 'closing' | 'over' = 'open'
  let bytesIn = 0
  let bytesOut = 0
  let unprocessed = 0
  let failure: Error | undefined // why this side aborted
  let pumpIsDue = false
  let cancelTimer: (() => void) | undefined

  function deliver(type: number, message: Uint8Array<ArrayBuffer>): void {
    if (state !== 'open') return
    const done = onMessage(type, message)
    if (done === undefined) return
    const cost = Math.max(message.length, MIN_MESSAGE_COST)
    unprocessed += cost
    done.then(() => {
      unprocessed -= cost
    }, fail)
  }

  function read(chunks: Iterable<Uint8Array>): void {
    try {
      for (const chunk of chunks) {
        bytesIn += chunk.length
        if (state === 'open') reader.push(chunk)
        if (unprocessed + reader.held > maxUnprocessed) {
          throw new LinkError(
            'flood',
            `more than ${maxUnprocessed} bytes came that could not be processed yet`
          )
        }
      }
    } catch (error) {
      fail(error)
    }
    if (state === 'open') watch()
  }

  /** A peer that lets a message hang holds memory for nothing, whatever it sends beside it. */
  function watch(): void {
    if (!reader.unfinished) stopTimer()
    if (!reader.unfinished || cancelTimer !== undefined) return
    const before = { control: reader.control, bulk: reader.bulk, bytesIn }
    cancelTimer = timer(frameTime, () => {
      cancelTimer = undefined
      const hang =
        bytesIn - before.bytesIn < LEAST_PROGRESS ||
        hangs(before.control, reader.control) ||
        hangs(before.bulk, reader.bulk)
      if (hang) fail(new LinkError('slow', `a message got no further within ${frameTime} ms`))
      else watch()
    })
  }

  function startTimer(milliseconds: number, fault: string): void {
    stopTimer()
    cancelTimer = timer(milliseconds, () => fail(new Error(`link: ${fault} within ${milliseconds} ms`)))
  }

  function stopTimer(): void {
    cancelTimer?.()
    cancelTimer = undefined
  }

  // Messages that are sent in one go share a write.
  function pumpSoon(): void {
    if (pumpIsDue) return
    pumpIsDue = true
    queueMicrotask(() => {
      pumpIsDue = false
      pump()
    })
  }

  function pump(): void {
    try {
      // A drain says that the stream took something, not that there is room: ask again after every write.
      while (state !== 'over' && !stream.writableNeedsDrain) {
        const write = writer.take()
        if (write === undefined) break
        bytesOut += write.length
        stream.send(write)
      }
    } catch (error) {
      fail(error)
    }
    // A stream that is closed already rejects; its close event says the rest.
    if (state === 'closing' && writer.waiting === 0) stream.close().catch(() => {})
  }

  function closeAfterFlush(): void {
    if (state !== 'open') return
    state = 'closing'
    startTimer(closeTime, 'it could not be closed')
    pumpSoon()
  }

  function fail(reason: unknown): void {
    if (state === 'over') return
    failure = reason instanceof Error ? reason : new Error(String(reason))
    stream.abort(failure)
    finish(failure)
  }

  function finish(error?: Error): void {
    if (state === 'over') return
    state = 'over'
    stopTimer()
    writer.clear()
    over.resolve()
    onClose(error)
  }

  stream.addEventListener('message', ({ data }) => read(data instanceof Uint8Array ? [data] : data))
  stream.addEventListener('drain', pumpSoon)
  stream.addEventListener('end', whenRemoteEnded)
  stream.addEventListener('close', ({ error }) => {
    if (failure !== undefined) finish(failure)
    else if (error !== undefined)
      finish(new Error(`link: the connection failed: ${error.message}`, { cause: error }))
    else finish(state === 'closing' ? undefined : new Error('link: the connection was lost'))
  })

  function whenRemoteEnded(): void {
    const isPolite = stream.status === 'open' || stream.status === 'closing'
    if (!isPolite || state !== 'open') return
    if (reader.unfinished) fail(new Error('link: the other side closed it in the middle of a message'))
    else closeAfterFlush()
  }

  // Events that were before ours.
  queueMicrotask(() => {
    if (stream.status !== 'open') finish(new Error('link: the stream was closed before it was used'))
    else if (stream.readableEnded) whenRemoteEnded()
  })

  return {
    get bytesIn() {
      return bytesIn
    },
    get bytesOut() {
      return bytesOut
    },
    get bulkIn() {
      return reader.bulk.bytes
    },
    get buffered() {
      return writer.waiting
    },

    send(type, bytes, priority) {
      if (state !== 'open') return
      writer.add(type, bytes instanceof Uint8Array ? [bytes] : bytes, priority)
      pumpSoon()
    },

    close() {
      closeAfterFlush()
      return over.promise
    },

    abort(reason) {
      fail(new Error(reason))
    }
  }
}

/** Whether the message that was unfinished `before` still is, and has hardly got on. */
function hangs(before: LaneProgress, now: LaneProgress): boolean {
  const same = before.unfinished && now.unfinished && before.begun === now.begun
  return same && now.bytes - before.bytes < LEAST_PROGRESS
}

const afterTimeout: Timer = (milliseconds, act) => {
  const timeout = setTimeout(act, milliseconds)
  return () => clearTimeout(timeout)
}
