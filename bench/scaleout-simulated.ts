import { writeCorpus } from './corpus.ts'
import type { Report } from './report.ts'
import { sizesOf } from './scaleout-contents.ts'
import { recordPacks } from './scaleout-packs.ts'
import { runSwarm, type Spread, type SwarmOutcome } from './scaleout-swarm.ts'

export interface Simulation {
  /** Most peers; with half of them, a quarter, … down to 4. */
  readonly most: number
  /** Values in a vector. */
  readonly dim: number
  /** Words of the text; all of them unless told. */
  readonly words: number | undefined
  /** As of the ledger. */
  readonly trafficLimit: number
}

// Words a second of a peer, as the real processes have on one core.
const SPEED = 900_000
const LATENCIES = [1, 50]
// Packs that are played back: peers begin at different ones, and go round.
const HANDOUTS = 16
// Six intervals each.
const WARMUP_SECONDS = 12
const COUNTED_SECONDS = 12

/** Adds what swarms of 4 to `most` simulated peers send; returns what was done, in words. */
export async function simulate(
  report: Report,
  folder: string,
  { most, dim, words, trafficLimit }: Simulation
): Promise<string[]> {
  const corpus = await writeCorpus(folder, words === undefined ? {} : { words })
  const recording = await recordPacks(corpus.path, { dim, speed: SPEED, skipped: 2e6, handouts: HANDOUTS })
  const own = ownBytesPerSecond(recording)
  const what =
    `Simulated links of 1 Gbit/s, real packs: ${recording.handouts.length} of a training on ${corpus.words.toLocaleString('en-US')} ` +
    `words of ${corpus.source}, dim ${dim}, ${recording.names.size.toLocaleString('en-US')} words, ${megabytes(own)} MB/s a peer; ` +
    `${COUNTED_SECONDS} s counted; a row takes ${Math.round(recording.applyMs * 1e6)} ns to apply`
  report.say(what)

  const counts: number[] = []
  for (let peers = most; peers >= 4; peers = Math.floor(peers / 2)) counts.unshift(peers)
  const flat: string[] = []
  for (const latency of LATENCIES) {
    const outcomes: SwarmOutcome[] = []
    for (const peers of counts) {
      const options = { peers, latency, speed: SPEED, warmup: WARMUP_SECONDS, seconds: COUNTED_SECONDS }
      for (const limit of [trafficLimit, Infinity]) {
        const outcome = runSwarm(recording, { ...options, trafficLimit: limit })
        add(report, outcome, {
          peers,
          overlay: 'tree',
          latency_ms: latency,
          limit: limit === Infinity ? 'none' : limit
        })
        if (limit === trafficLimit) outcomes.push(outcome)
        report.say(
          `  ${peers} peers, ${latency} ms, ${limit === Infinity ? 'no limit' : `limit ${limit}`}: ` +
            `out ${spreadWords(outcome.out)}, in ${spreadWords(outcome.in)} MB/s, ${Math.round(outcome.staleness)} ms`
        )
      }
      addMesh(report, own * (peers - 1), { peers, overlay: 'mesh', latency_ms: latency })
    }
    flat.push(growth(report, outcomes, latency))
  }
  return [what, ...flat]
}

function add(
  report: Report,
  { out, in: into, frames, staleness, applyShare }: SwarmOutcome,
  of: Readonly<Record<string, string | number>>
): void {
  const row = (name: string, value: number, unit: string, more = {}) =>
    report.add({ bench: 'scaleout', name, value, unit, ...of, ...more })
  row('bytes_out_per_peer_per_s', out.mean, 'bytes/s', { most: out.most })
  row('bytes_in_per_peer_per_s', into.mean, 'bytes/s', { most: into.most })
  row('frames_in_per_peer_per_s', frames.mean, 'frames/s', { most: frames.most })
  row('staleness_mean', staleness, 'ms')
  row('apply_share', applyShare.mean, 'of the time', { most: applyShare.most })
}

/** Every pack to every other peer, as it is. */
function addMesh(report: Report, bytes: number, of: Readonly<Record<string, string | number>>): void {
  for (const name of ['bytes_out_per_peer_per_s', 'bytes_in_per_peer_per_s']) {
    report.add({ bench: 'scaleout', name, value: bytes, unit: 'bytes/s', ...of, most: bytes })
  }
}

/** How much more bytes peers have in one swarm than in another. */
function growth(report: Report, outcomes: readonly SwarmOutcome[], latency: number): string {
  const figures = (['out', 'in'] as const).flatMap(way =>
    (['mean', 'most'] as const).map(kind => {
      const values = outcomes.map(outcome => outcome[way][kind])
      const value = Math.max(...values) / Math.min(...values)
      const name = `bytes_${way}_growth`
      report.add({
        bench: 'scaleout',
        name,
        value,
        unit: 'times',
        overlay: 'tree',
        latency_ms: latency,
        of: kind
      })
      return `${way} ${kind} ${value.toFixed(2)}`
    })
  )
  return `Most over least, of all numbers of peers, ${latency} ms: ${figures.join(', ')} (bar: 1.25).`
}

function ownBytesPerSecond(recording: Awaited<ReturnType<typeof recordPacks>>): number {
  const size = sizesOf(recording)
  let bytes = 0
  let words = 0
  for (const handout of recording.handouts) {
    words += handout.words
    for (const content of handout.packs) {
      bytes += size({ type: 'frame', ranges: new Map([['', [1, 1]]]), content, waited: 0 }).bytes
    }
  }
  return (bytes / words) * SPEED
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(2)
const spreadWords = ({ mean, most }: Spread) => `${megabytes(mean)} (most ${megabytes(most)})`
