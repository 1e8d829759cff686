// How a job takes part in a swarm: what it trains of its input, and when it lets out what it has learned.

import { distribute } from '../dataflow/distribute.ts'
import { living, part, shard } from '../dataflow/shard.ts'
import { type ShareOptions, type Sharing, share } from '../dataflow/share.ts'
import { chunksOf, stream } from '../stream.ts'
import type { Held, Operator, Swarm } from '../types.ts'
import type { JobModel } from './job.ts'
import { regularly } from './regularly.ts'

/** How a job takes part in a swarm. */
export interface SwarmPart {
  /**
   * Joins with a model that has just been opened, or with none; `job` is what all must have the same, `held` what a saved model
   * holds.
   */
  join(
    model: Pick<JobModel, 'shared'> | undefined,
    job: Readonly<Record<string, unknown>>,
    held?: Held
  ): Promise<Swarm>
  /**
   * Which lines this peer trains: its share among the live peers that read the same text (`auto`), part `index` of `count`
   * (from 1), or all (`none`). With `feed` the lines it reads go to whichever peer has room, among those with `feed` and `fed`; one that
   * is `fed` reads none itself. Default auto.
   */
  readonly shard?: 'auto' | 'none' | 'feed' | 'fed' | { readonly index: number; readonly count: number }
  /** What the peers that read the same text call it; empty where it is this peer's own, which it then trains whole. */
  readonly source: string
  /** Words trained between two packs, however little time that takes. Default as in `share`. */
  readonly exchangeEvery?: number
}

/** What a job's flow needs to take part. */
export interface TakingPart {
  /** Makes a replica let out what it learns, as often as the part says. */
  readonly share: Sharing
  /** From the lines that this peer reads to those that it trains. */
  readonly shard: Operator<string, string>
}

/** What feeding peers call their channel. */
const FEED = 'lines'
/** Seconds between two looks at whether a text is over already. */
const LOOK_SECONDS = 1

/** What a job has `share` know; the user's `exchangeEvery` comes before the model's interval. */
export interface JobSharing extends Pick<ShareOptions, 'finished' | 'over'> {
  readonly interval?: number | undefined
}

/**
 * How a flow takes part in a swarm; alone, it trains all it reads and lets out nothing. `leaving` ends the flow of a peer that feeds
 * others or is fed.
 */
export function takingPart(
  part: SwarmPart | undefined,
  swarm: Swarm | undefined,
  { interval, ...end }: JobSharing,
  leaving?: AbortSignal
): TakingPart {
  if (part === undefined || swarm === undefined) return { share: replica => replica, shard: lines => lines }
  const { exchangeEvery } = part
  const pace = exchangeEvery === undefined ? { interval } : { interval: exchangeEvery, strict: true }
  return {
    share: share(swarm, { ...end, ...pace }),
    shard: shardOf(part, swarm, leaving)
  }
}

function shardOf(
  { shard: way = 'auto', source }: SwarmPart,
  swarm: Swarm,
  leaving: AbortSignal | undefined
): Operator<string, string> {
  const feeding = { name: FEED, ...(leaving !== undefined && { leaving }) }
  if (way === 'feed') return distribute(swarm, feeding)
  if (way === 'fed') return fed(swarm, feeding)
  if (way === 'none' || (way === 'auto' && source === '')) return lines => lines
  if (way !== 'auto') return shard(part(way.index, way.count))
  const peers = () =>
    swarm
      .status()
      .members.filter(member => member.source === source)
      .map(member => member.peer)
  return shard(living(peers, swarm.peer))
}

/** Lines of others. A peer that comes when their text is over has nobody left to tell it so but the swarm. */
function fed(swarm: Swarm, feeding: { readonly name: string }): Operator<string, string> {
  return lines =>
    stream(async function* () {
      const late = new AbortController()
      const end = regularly(LOOK_SECONDS, async () => {
        const { members } = swarm.status()
        if (members.some(({ peer, finished }) => finished && peer !== swarm.peer)) late.abort()
      })
      try {
        yield* chunksOf(distribute<string>(swarm, { ...feeding, fed: late.signal })(lines))
      } finally {
        await end()
      }
    })
}
