import type { EndEvent, ProgressEvent, SwarmProgress } from '../jobs/events.ts'

/** What the peers of one swarm that read one text have come to, as one: words and rates added up, the loss weighted by words. */
export function mergeProgress(events: readonly ProgressEvent[]): ProgressEvent {
  const loss = weightedMean(
    events,
    event => event.loss,
    event => event.wordsPerSecond
  )
  const share = weightedMean(events, event => event.share)
  const left = events.flatMap(event => event.secondsLeft ?? [])
  const swarms = events.flatMap(event => event.swarm ?? [])
  return {
    event: 'progress',
    words: sum(events, event => event.words),
    wordsPerSecond: sum(events, event => event.wordsPerSecond),
    vocabulary: Math.max(...events.map(event => event.vocabulary)),
    ...(loss !== undefined && { loss }),
    ...(share !== undefined && { share }),
    ...(left.length > 0 && { secondsLeft: Math.max(...left) }),
    ...(swarms.length > 0 && { swarm: mergeSwarm(swarms) })
  }
}

function mergeSwarm(swarms: readonly SwarmProgress[]): SwarmProgress {
  // Where nothing came, there was no staleness to measure.
  const stale = swarms.filter(swarm => swarm.stalenessMax > 0)
  return {
    peers: Math.max(...swarms.map(swarm => swarm.peers)),
    bytesInPerSecond: sum(swarms, swarm => swarm.bytesInPerSecond),
    bytesOutPerSecond: sum(swarms, swarm => swarm.bytesOutPerSecond),
    bytesIn: sum(swarms, swarm => swarm.bytesIn),
    bytesOut: sum(swarms, swarm => swarm.bytesOut),
    stalenessMean: weightedMean(stale, swarm => swarm.stalenessMean) ?? 0,
    stalenessMax: Math.max(0, ...stale.map(swarm => swarm.stalenessMax)),
    applyShare: sum(swarms, swarm => swarm.applyShare) / swarms.length
  }
}

/** The ends of all peers as one: interrupted where one was; with a hash where all have the same. */
export function mergeEnds(ends: readonly EndEvent[]): EndEvent {
  const runWords = sum(ends, end => end.runWords)
  const seconds = Math.max(...ends.map(end => end.seconds))
  const loss = weightedMean(
    ends,
    end => end.loss,
    end => end.runWords
  )
  const [hash] = ends.map(end => end.sharedHash)
  return {
    event: ends.every(end => end.event === 'done') ? 'done' : 'interrupted',
    words: sum(ends, end => end.words),
    runWords,
    seconds,
    wordsPerSecond: runWords / seconds,
    vocabulary: Math.max(...ends.map(end => end.vocabulary)),
    ...(loss !== undefined && { loss }),
    ...(hash !== undefined && ends.every(end => end.sharedHash === hash) && { sharedHash: hash }),
    swarm: {
      bytesIn: sum(ends, end => end.swarm?.bytesIn ?? 0),
      bytesOut: sum(ends, end => end.swarm?.bytesOut ?? 0)
    }
  }
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0)
}

/** Undefined where no item has a value; where none of those that have one has a weight, they count the same. */
function weightedMean<Item>(
  items: readonly Item[],
  value: (item: Item) => number | undefined,
  weight: (item: Item) => number = () => 1
): number | undefined {
  const known = items.flatMap(item => {
    const found = value(item)
    return found === undefined ? [] : [{ value: found, weight: weight(item) }]
  })
  if (known.length === 0) return undefined
  const total = sum(known, item => item.weight)
  if (total === 0) return sum(known, item => item.value) / known.length
  return sum(known, item => item.value * item.weight) / total
}
