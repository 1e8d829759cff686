import type { Chunk, Replica, Swarm, WordChunk } from '../types.ts'
import { hashText } from './line-hash.ts'

/** Words a peer trains between two packs, unless told otherwise. */
export const EXCHANGE_WORDS = 250_000

/** Uses of a row between two packs of it, unless told otherwise: what is used less often waits until all is packed. */
export const EXCHANGE_HITS = 16

/** A timer that is set for longer rings at once. */
const LONGEST_MS = 2 ** 31 - 1

export interface ExchangeOptions {
  /** Words trained between two packs; items that are not lines of words count one each. Default EXCHANGE_WORDS. */
  readonly interval?: number
  /** In between, rows used fewer times than this since they were last packed wait. Default EXCHANGE_HITS. */
  readonly leastHits?: number
  /** Longest time in seconds that anything trained waits to be packed. Default 2. */
  readonly maxSeconds?: number
  /** Share of the first interval that is left out, 0 to 1, so that packs of peers are spread in time. Default: by the peer's id. */
  readonly phase?: number
  /** Asked once the replica is drained: whether the stream is over, and was not broken off. Default: it is. */
  readonly finished?: () => boolean
}

/**
 * Makes a replica share what it learns: every `interval` words the swarm packs the rows used often since they were last
 * packed, and `maxSeconds` after the first word that may not be packed all that was trained. A pack is made between two chunks, so no more often than they come. The swarm hears after
 * each chunk how far this peer is. Draining trains what waits and packs it too.
 *
 * @throws RangeError for options out of range. Training throws what a pack in between threw.
 */
export function exchange(
  swarm: Pick<Swarm, 'peer' | 'exchange' | 'report'>,
  options: ExchangeOptions = {}
): <Item>(replica: Replica<Item>) => Replica<Item> {
  const { interval = EXCHANGE_WORDS, leastHits = EXCHANGE_HITS } = options
  const { maxSeconds = 2, finished = () => true } = options
  const { phase = hashText(swarm.peer) / 2 ** 32 } = options
  check('interval', interval > 0, 'a number of words above 0', interval)
  check('leastHits', Number.isInteger(leastHits) && leastHits > 0, 'a whole number above 0', leastHits)
  check('maxSeconds', maxSeconds > 0, 'a number of seconds above 0', maxSeconds)
  check('phase', phase >= 0 && phase <= 1, 'a number from 0 to 1', phase)
  return replica => {
    let words = 0
    let position = 0
    let since = 0
    let due = interval * (1 - phase)
    let timer: ReturnType<typeof setTimeout> | undefined
    let failure: { readonly error: unknown } | undefined

    const packSome = () => {
      since = 0
      due = interval
      return swarm.exchange(leastHits)
    }
    const packAll = () => {
      clearTimeout(timer)
      timer = undefined
      since = 0
      due = interval
      return swarm.exchange(1)
    }
    const packLate = () => {
      packAll().catch(error => {
        failure ??= { error }
      })
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
        if (since > 0) timer ??= setTimeout(packLate, Math.min(maxSeconds * 1000, LONGEST_MS))
        if (since >= due) await packSome()
      },
      async drain() {
        clearTimeout(timer)
        timer = undefined
        await replica.drain()
        await packAll()
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
  if (!holds) throw new RangeError(`exchange: ${name} must be ${wanted}; got ${got}`)
}
