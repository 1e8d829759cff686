import type { Chunk, Replica, Swarm, WordChunk } from '../types.ts'
import { hashText } from './line-hash.ts'
import { partsOf } from './parts.ts'

/** Words a peer trains between two packs, at least, unless told otherwise. */
export const SHARE_WORDS = 100_000
/** Longest time in seconds that something trained waits to be packed, unless told otherwise, where packing costs little. */
export const SHARE_SECONDS = 2

/** Items that are trained in one go: a network may take a second for them. */
const MOST_AT_ONCE = 256

/** A timer that is set for longer rings at once. */
const LONGEST_MS = 2 ** 31 - 1

export interface ShareOptions {
  /** Least words trained between two packs; items that are not lines of words count one each. Default SHARE_WORDS. */
  readonly interval?: number | undefined
  /** Longest time in seconds that something trained waits to be packed, where the stream is slow. Default SHARE_SECONDS. */
  readonly maxSeconds?: number
  /** Whether packs are made when they are due, whatever they cost; otherwise the swarm may put them off. Default false. */
  readonly strict?: boolean
  /** Share of the first interval that is left out, 0 to 1, so that packs of peers are spread in time. Default: by the peer's id. */
  readonly phase?: number
  /** Asked once the replica is drained: whether the stream is over, and was not broken off. Default: it is. */
  readonly finished?: () => boolean
  /**
   * Aborts when the flow is over, where whoever runs it then lets out the rest and tells the swarm of the end. Until then
   * draining is a pause in training, as in `evaluate`, and packs nothing. Default: draining is the end.
   */
  readonly over?: AbortSignal
}

/** Makes a replica share what it learns; whatever else it can do, it can do as before. */
export type Sharing = <Kind extends Replica<never>>(replica: Kind) => Kind

/**
 * Makes a replica share what it learns: after `interval` words, or `maxSeconds` after the first word that was not packed, the
 * swarm packs what was trained, or as soon after that as it can afford to. A pack is made between two chunks, so no more often
 * than they come; where items are not lines of words, a chunk is trained in parts of at most 256. The swarm hears after each how
 * far this peer is. Draining trains what waits and packs it too, unless there is `over`.
 *
 * @throws RangeError for options out of range. Training throws what a pack in between threw.
 */
export function share(
  swarm: Pick<Swarm, 'peer' | 'exchange' | 'report'>,
  options: ShareOptions = {}
): Sharing {
  const { interval = SHARE_WORDS, maxSeconds = SHARE_SECONDS, strict = false } = options
  const { finished = () => true, over } = options
  const { phase = hashText(swarm.peer) / 2 ** 32 } = options
  check('interval', interval > 0, 'a number of words above 0', interval)
  check('maxSeconds', maxSeconds > 0, 'a number of seconds above 0', maxSeconds)
  check('phase', phase >= 0 && phase <= 1, 'a number from 0 to 1', phase)
  const mostAtOnce = Math.ceil(Math.min(interval, MOST_AT_ONCE))
  return <Kind extends Replica<never>>(replica: Kind): Kind => {
    let words = 0
    let position = 0
    let since = 0
    let due = interval * (1 - phase)
    let timer: ReturnType<typeof setTimeout> | undefined
    let failure: { readonly error: unknown } | undefined

    const stopTimer = () => {
      clearTimeout(timer)
      timer = undefined
    }
    const pack = async (urgent: boolean) => {
      stopTimer()
      const before = since
      since = 0
      if (await swarm.exchange(urgent)) due = interval
      else {
        since += before
        packLater()
      }
    }
    const packLater = () => {
      if (over?.aborted === true) return
      const late = () => {
        timer = undefined
        pack(strict).catch(error => {
          failure ??= { error }
        })
      }
      timer ??= setTimeout(late, Math.min(maxSeconds * 1000, LONGEST_MS))
    }
    over?.addEventListener('abort', stopTimer)
    return changed(replica, {
      async train(chunk) {
        for (const part of isWordChunk(chunk) ? [chunk] : partsOf(chunk, mostAtOnce)) {
          if (failure !== undefined) throw failure.error
          const trained = wordsOf(part)
          await replica.train(part)
          words += trained
          since += trained
          position = part.position?.bytes ?? position
          swarm.report({ words, position })
          if (since >= due) await pack(strict)
          else if (since > 0) packLater()
        }
      },
      async drain() {
        if (over === undefined) stopTimer()
        await replica.drain()
        if (over === undefined) await pack(true)
        if (failure !== undefined) throw failure.error
        if (over === undefined) swarm.report({ words, position, finished: finished() })
      }
    })
  }
}

/** A replica of which two functions are others; all else is the replica's own, and acts on it. */
function changed<Kind extends Replica<never>>(
  replica: Kind,
  functions: Pick<Replica<never>, 'train' | 'drain'>
): Kind {
  return new Proxy(replica, {
    get(target, name) {
      if (name === 'train' || name === 'drain') return functions[name]
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
    set: (target, name, value) => Reflect.set(target, name, value)
  })
}

function wordsOf<Item>(chunk: Chunk<Item>): number {
  if (isWordChunk(chunk)) return chunk.wordEnds.length
  let words = 0
  for (const item of chunk) {
    // Examples in columns would have to be cut out one by one only to be counted.
    if (!Array.isArray(item)) return chunk.length
    words += item.length
  }
  return words
}

function isWordChunk(chunk: Chunk<unknown>): chunk is WordChunk {
  return 'wordEnds' in chunk && 'lineEnds' in chunk
}

function check(name: string, holds: boolean, wanted: string, got: number): void {
  if (!holds) throw new RangeError(`share: ${name} must be ${wanted}; got ${got}`)
}
