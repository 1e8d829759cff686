import { BATCH_SLOTS, type Device } from '../kernels/contract.ts'
import type { ResolvedOptions } from '../src/models/word2vec-options.ts'
import type { Judge, Judgement } from './merging-judge.ts'
import { type Pack, Peer } from './merging-peer.ts'
import type { Rule } from './merging-rules.ts'
import { type SlotText, shardsOf } from './merging-text.ts'

export interface Cell {
  readonly peers: number
  /** Words of its own that a peer trains between two packs. */
  readonly interval: number
  readonly rule: Rule
  /**
   * A peer's interval is at most this share of the words it has trained: it begins at one batch and grows. 0: it is what it is from the start.
   */
  readonly growth: number
}

export interface Merged extends Judgement {
  /** Rows of a pack, both tables together: the mean. */
  readonly packRows: number
  readonly packs: number
}

/**
 * Trains a text once with several replicas and judges what they agree on. The replicas take turns of one batch as if they ran at
 * once: what one has packed after its turn reaches all others after their next turn.
 */
export async function runCell(
  device: Device,
  text: SlotText,
  judge: Judge,
  { peers: count, interval, rule, growth }: Cell,
  options: ResolvedOptions
): Promise<Merged> {
  const { vocabulary, sampling } = text
  const peers: Peer[] = []
  for (const [number, shard] of shardsOf(text, count).entries()) {
    const phase = growth > 0 ? 0 : (interval * (count - 1 - number)) / count
    peers.push(
      await Peer.open(device, vocabulary, sampling, options, rule, { shard, number, phase, replicas: count })
    )
  }
  let packs = 0
  let rows = 0
  const packed = async (from: Peer) => {
    const pack = await from.pack(count)
    packs++
    for (const part of pack) rows += part.rows.length
    return { from, pack }
  }
  const deliver = async (sent: readonly { from: Peer; pack: Pack }[]) => {
    for (const { from, pack } of sent) {
      for (const peer of peers) if (peer !== from) await peer.apply(pack)
    }
  }

  let onWay: { from: Peer; pack: Pack }[] = []
  while (peers.some(peer => !peer.finished)) {
    for (const peer of peers) if (!peer.finished) await peer.train()
    await deliver(onWay)
    onWay = []
    if (count === 1) continue
    for (const peer of peers) {
      const due = dueWords(interval, growth, peer)
      if (peer.wordsSincePack < due) continue
      onWay.push(await packed(peer))
      // What is beyond counts for the next, or batches would make every interval longer.
      peer.wordsSincePack = Math.min(peer.wordsSincePack - due, due / 2)
    }
  }
  await deliver(onWay)
  const meanRows = rows / Math.max(1, packs)
  const intervals = packs
  if (count > 1) {
    const last: { from: Peer; pack: Pack }[] = []
    for (const peer of peers) last.push(await packed(peer))
    await deliver(last)
  }
  const [first] = peers
  if (first === undefined) throw new RangeError('merging: no peers')
  const judgement = await judge.judge(first.tables)
  for (const peer of peers) await peer.close()
  return { ...judgement, packRows: meanRows, packs: intervals }
}

/** Words after which a peer packs. Growing intervals of different peers differ by up to a quarter, or all would pack in step. */
function dueWords(interval: number, growth: number, { number, words }: Peer): number {
  if (interval <= BATCH_SLOTS) return 0
  if (growth === 0) return interval
  const jitter = 0.75 + ((number * 0.618 + words / interval) % 1) / 2
  return Math.min(interval, growth * words) * jitter
}
