import type { Chunk, Replica, Swarm, WordChunk } from '../types.ts'
import { hashText } from './line-hash.ts'

/** Words a peer trains between two packs, at least, unless told otherwise. */
export const SHARE_WORDS = 100_000
/** Longest time in seconds that something trained waits to be packed, unless told otherwise, where packing costs little. */
export const SHARE_SECONDS = 2

/** A timer that is set for longer rings at once. */
const LONGEST_MS = 2 ** 31 - 1

export interface ShareOptions {
  /** Least words trained between two packs; items that are not lines of words count one each. Default SHARE_WORDS. */
  readonly interval?: number
  /** Longest time in seconds that something trained waits to be packed, where the stream is slow. Default SHARE_SECONDS. */
  readonly maxSeconds?: number
  /** Whether packs are made when they are due, whatever they cost; otherwise the swarm may put them off. Default false. */
  readonly strict?: boolean
  /** Share of the first interval that is left out, 0 to 1, so that packs of peers are spread in time. Default: by the peer's id. */
  readonly phase?: number
  /** Asked once the replica is drained: whether the stream is over, and was not broken off. Default: it is. */
  readonly finished?: () => boolean
}

/**
 * Makes a replica share what it learns: after `interval` words, or `maxSeconds` after the first word that was not packed, the
 * swarm packs what was trained, or as soon after that as it can afford to. A pack is made between two chunks, so no more often than they come. The swarm hears after
 * each chunk how far this peer is. Draining trains what waits and packs it too.
 *
 * @throws RangeError for options out of range. Training throws what a pack in between threw.
 */
export function share(
  swarm: Pick<Swarm, 'peer' | 'exchange' | 'report'>,
  options: ShareOptions = {}
): <Item>(replica: Replica<Item>) => Replica<Item> {
  const { interval = SHARE_WORDS, maxSeconds = SHARE_SECONDS, strict = false } = options
  const { finished = () => true } = options
  const { phase = hashText(swarm.peer) / 2 ** 32 } = options
  check('interval', interval > 0, 'a number of words above 0', interval)
  check('maxSeconds', maxSeconds > 0, 'a number of seconds above 0', maxSeconds)
  check('phase', phase >= 0 && phase <= 1, 'a number from 0 to 1', phase)
  return replica => {
    let words = 0
    let position = 0
    let since = 0
    let due = interval * (1 - phase)
    let timer: ReturnType<typeof setTimeout> | undefined
    let failure: { readonly error: unknown } | undefined

    const pack = async (urgent: boolean) => {
      clearTimeout(timer)
      timer = undefined
      const before = since
      since = 0
      if (await swarm.exchange(urgent)) due = interval
      else {
        since += before
        packLater()
      }
    }
    const packLater = () => {
      const late = () => {
        timer = undefined
        pack(strict).catch(error => {
          failure ??= { error }
        })
      }
      timer ??= setTimeout(late, Math.min(maxSeconds * 1000, LONGEST_MS))
    }
    return {
      async train(chunk) {
        if (failure !== undefined) throw failure.error
        await replica.train(chunk)
        const trained = wordsOf(chunk)
        words += trained
        since += trained
        position = chunk.position?.bytes ?? position
        swarm.report({ words, position })
        if (since >= due) await pack(strict)
        else if (since > 0) packLater()
      },
      async drain() {
        clearTimeout(timer)
        timer = undefined
        await replica.drain()
        await pack(true)
        if (failure !== undefined) throw failure.error
        swarm.report({ words, position, finished: finished() })
      },
      progress: () => replica.progress()
    }
  }
}

function wordsOf<Item>(chunk: Chunk<Item>): number {
  if (isWordChunk(chunk)) return chunk.wordEnds.length
  let words = 0
  for (const item of chunk) words += Array.isArray(item) ? item.length : 1
  return words
}

function isWordChunk(chunk: Chunk<unknown>): chunk is WordChunk {
  return 'wordEnds' in chunk && 'lineEnds' in chunk
}

function check(name: string, holds: boolean, wanted: string, got: number): void {
  if (!holds) throw new RangeError(`share: ${name} must be ${wanted}; got ${got}`)
}
