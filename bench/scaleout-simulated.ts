import { writeCorpus } from './corpus.ts'
import type { Report } from './report.ts'
import { recordPacks } from './scaleout-packs.ts'
import { runSwarm, type Spread, type SwarmOutcome } from './scaleout-swarm.ts'

export interface Simulation {
  /** Most peers; with half of them, a quarter, … down to 4. */
  readonly most: number
  /** Values in a vector. */
  readonly dim: number
  /** Words of the text; all of them unless told. */
  readonly words: number | undefined
}

// Words a second of a peer, as real processes have on one core.
const SPEED = 900_000
const LATENCIES = [1, 50]
const ROUNDS = 2
const SKIPPED_WORDS = 2e6
const WARMUP_SECONDS = 40
const COUNTED_SECONDS = 160

/** Adds what swarms of 4 to `most` simulated peers send; returns what was done, in words. */
export async function simulate(
  report: Report,
  folder: string,
  { most, dim, words }: Simulation
): Promise<string[]> {
  const corpus = await writeCorpus(folder, words === undefined ? {} : { words })
  const recording = await recordPacks(corpus.path, { dim, rounds: ROUNDS, skipped: SKIPPED_WORDS })
  const [packNs, applyNs] = [recording.packMs, recording.applyMs].map(ms => Math.round(ms * 1e6))
  const what =
    `Simulated links of 1 Gbit/s; real packs of a training on ${corpus.words.toLocaleString('en-US')} words of ` +
    `${corpus.source}, dim ${dim}, ${recording.names.size.toLocaleString('en-US')} different words; a row takes ${packNs} ns to ` +
    `pack and ${applyNs} to apply. ${COUNTED_SECONDS} s counted.`
  report.say(what)

  const counts: number[] = []
  for (let peers = most; peers >= 4; peers = Math.floor(peers / 2)) counts.unshift(peers)
  const flat: string[] = []
  for (const latency of LATENCIES) {
    const outcomes = counts.map(peers => {
      const timing = { speed: SPEED, warmup: WARMUP_SECONDS, seconds: COUNTED_SECONDS }
      const outcome = runSwarm(recording, { peers, latency, ...timing })
      add(report, outcome, { peers, overlay: 'tree', latency_ms: latency })
      addMesh(report, outcome.own * (peers - 1), { peers, overlay: 'mesh', latency_ms: latency })
      report.say(`  ${peers} peers, ${latency} ms: ${inWords(outcome)}`)
      return outcome
    })
    flat.push(growth(report, outcomes, latency))
  }
  return [what, ...flat]
}

function add(
  report: Report,
  { out, in: into, frames, exchanges, staleness, applyShare }: SwarmOutcome,
  of: Readonly<Record<string, string | number>>
): void {
  const row = (name: string, value: number, unit: string, more = {}) =>
    report.add({ bench: 'scaleout', name, value, unit, ...of, ...more })
  row('bytes_out_per_peer_per_s', out.mean, 'bytes/s', { most: out.most })
  row('bytes_in_per_peer_per_s', into.mean, 'bytes/s', { most: into.most })
  row('frames_in_per_peer_per_s', frames.mean, 'frames/s', { most: frames.most })
  row('exchanges_per_peer_per_s', exchanges.mean, 'times/s', { least: exchanges.least })
  row('staleness_mean', staleness, 'ms')
  row('apply_share', applyShare.mean, 'of the time', { most: applyShare.most })
}

/** The packs that peers of the tree made, each sent to each other peer as it is. */
function addMesh(report: Report, bytes: number, of: Readonly<Record<string, string | number>>): void {
  for (const name of ['bytes_out_per_peer_per_s', 'bytes_in_per_peer_per_s']) {
    report.add({ bench: 'scaleout', name, value: bytes, unit: 'bytes/s', ...of, most: bytes })
  }
}

/** How many times the bytes of one swarm's peers are those of another's. */
function growth(report: Report, outcomes: readonly SwarmOutcome[], latency: number): string {
  const figures = (['out', 'in'] as const).flatMap(way =>
    (['mean', 'most'] as const).map(kind => {
      const values = outcomes.map(outcome => outcome[way][kind])
      const value = Math.max(...values) / Math.min(...values)
      const of = { overlay: 'tree', latency_ms: latency, of: kind }
      report.add({ bench: 'scaleout', name: `bytes_${way}_growth`, value, unit: 'times', ...of })
      return `${way} ${kind} ${value.toFixed(2)}`
    })
  )
  return `Most over least of all numbers of peers, ${latency} ms: ${figures.join(', ')} (bar: 1.25).`
}

function inWords({ out, in: into, exchanges, staleness }: SwarmOutcome): string {
  const spread = ({ mean, most }: Spread) => `${(mean / 1e6).toFixed(2)} (most ${(most / 1e6).toFixed(2)})`
  const { mean, least } = exchanges
  return (
    `out ${spread(out)}, in ${spread(into)} MB/s, ${mean.toFixed(2)} exchanges/s (least ${least.toFixed(2)}), ` +
    `staleness ${Math.round(staleness)} ms`
  )
}
