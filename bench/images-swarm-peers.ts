// Peers of the job `images`, one training thread each, as processes of this machine.

import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { FlowEndEvent, FlowEvent } from '../src/jobs/flow-events.ts'
import type { ImagesEvent } from '../src/jobs/images-events.ts'
import { root } from './machine.ts'
import { mean } from './measure.ts'

/** Whether each peer can be kept to a core. */
export const pinned = spawnSync('taskset', ['-c', '0', 'true']).status === 0

export interface SwarmTrial {
  readonly peers: number
  /** Whether the peers train their parts without a word to each other. */
  readonly apart: boolean
  /** A folder of images, and how many an epoch has. */
  readonly data: string
  readonly images: number
  readonly epochs: number
  /** Where the peers' networks go: a folder that is not there yet. */
  readonly folder: string
  /** More options of the job. */
  readonly more: readonly string[]
}

/** What some peers came to together. */
export interface SwarmOutcome {
  readonly imagesPerSecond: number
  /** Milliseconds of a processor that an image took; NaN where the system does not tell. */
  readonly processorMs: number
  readonly bytesPerImage: number
  /** Packs a peer made in a second. */
  readonly packsPerSecond: number
  readonly applyShare: number
  /** The 99th percentile in ms, of the peer that has the longest. */
  readonly eventLoopDelay: number
}

/** What a peer said. */
interface Told {
  /** Its network. */
  readonly output: string
  begun: Moment | undefined
  trained: Moment | undefined
  images: number
  readonly applyShare: number[]
  metrics: Promise<Metrics>
  end: FlowEndEvent | undefined
}

interface Moment {
  readonly at: number
  /** Seconds of a processor so far. */
  readonly processor: number
}

interface Metrics {
  readonly delay: number
  readonly packs: number
}

/** Ticks of the clock in a second by which Linux counts processor time. */
const TICKS = 100

/**
 * Runs some peers to their end.
 *
 * @throws Error where they do not agree, or have not trained each image once in each epoch.
 */
export async function trainTogether(trial: SwarmTrial): Promise<SwarmOutcome> {
  const { peers, apart, images, epochs } = trial
  const told = await Promise.all(Array.from({ length: peers }, (_, i) => start(i, trial)))
  const hashes = new Set(told.map(({ end }) => end?.sharedHash))
  if (hashes.size !== 1 && !apart)
    throw new Error(`images-swarm: the peers do not agree: ${[...hashes].join(', ')}`)
  const trained = told.reduce((sum, peer) => sum + peer.images, 0)
  if (trained !== images * epochs)
    throw new Error(`images-swarm: ${images * epochs} images were to be trained; ${trained} were`)
  const begins = told.map(({ begun }) => begun?.at ?? Number.NaN)
  const ends = told.map(({ trained }) => trained?.at ?? Number.NaN)
  const seconds = (Math.max(...ends) - Math.min(...begins)) / 1000
  const processor = told.reduce(
    (sum, { begun, trained }) => sum + (trained?.processor ?? Number.NaN) - (begun?.processor ?? Number.NaN),
    0
  )
  const metrics = await Promise.all(told.map(({ metrics }) => metrics))
  return {
    imagesPerSecond: trained / seconds,
    processorMs: (1000 * processor) / trained,
    bytesPerImage: told.reduce((sum, { end }) => sum + (end?.swarm?.bytesOut ?? 0), 0) / trained,
    packsPerSecond: mean(metrics.map(({ packs }) => packs)) / seconds,
    applyShare: mean(told.flatMap(({ applyShare }) => applyShare)),
    eventLoopDelay: Math.max(...metrics.map(({ delay }) => delay))
  }
}

/** Runs one peer to its end. */
async function start(core: number, { peers, apart, data, epochs, folder, more }: SwarmTrial): Promise<Told> {
  const output = join(folder, `${core}`)
  const state = join(output, 'peer')
  const name = `bench-images-${process.pid}-${folder.slice(-12).replace(/\W/g, '-')}`
  const own = [
    ...[process.execPath, join(root, 'src/cli/tensair.js'), 'start', 'images', '--data', data],
    ...['--epochs', `${epochs}`, '--samples', '0', '--output', output, '--device', 'wasm', '--threads', '1'],
    ...['--json', '--state', state, '--shard', `${core + 1}/${peers}`],
    ...(apart ? ['--swarm', `${name}-${core}`, '--no-mdns'] : ['--swarm', name]),
    ...more
  ]
  const [program = '', ...words] = pinned
    ? ['taskset', '-c', `${core % availableParallelism()}`, ...own]
    : own
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  const told: Told = {
    output,
    begun: undefined,
    trained: undefined,
    images: 0,
    applyShare: [],
    metrics: Promise.resolve({ delay: Number.NaN, packs: Number.NaN }),
    end: undefined
  }
  let errors = ''
  child.stderr.on('data', text => {
    errors += text
  })
  createInterface({ input: child.stdout }).on('line', line =>
    hear(told, JSON.parse(line), { state, process: child.pid })
  )
  const code = await new Promise(resolve => child.on('close', resolve))
  if (code !== 0) throw new Error(`images-swarm: a peer ended with ${code}: ${errors}`)
  return told
}

function hear(
  told: Told,
  event: FlowEvent | { readonly event: 'item'; readonly item: ImagesEvent },
  { state, process }: { readonly state: string; readonly process: number | undefined }
): void {
  // The first word of the flow, when it begins to read.
  if (event.event === 'item' && event.item.type === 'data') {
    told.begun = momentOf(process)
    // What is told of delays is since it was asked for last.
    told.metrics = metricsOf(state)
  }
  if (event.event === 'waiting') {
    told.trained = momentOf(process)
    told.images = event.items
    told.metrics = metricsOf(state)
  }
  if (event.event === 'done') told.end = event
  if (event.event === 'progress' && event.swarm !== undefined && told.trained === undefined)
    told.applyShare.push(event.swarm.applyShare)
}

function momentOf(process: number | undefined): Moment {
  return { at: performance.now(), processor: processorSeconds(process) }
}

/** Of all threads of a process, by Linux; elsewhere NaN. */
function processorSeconds(process: number | undefined): number {
  try {
    const text = readFileSync(`/proc/${process}/stat`, 'utf8')
    // The name, in brackets, may have spaces.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS
  } catch {
    return Number.NaN
  }
}

async function metricsOf(state: string): Promise<Metrics> {
  const { address } = JSON.parse(readFileSync(join(state, 'status.json'), 'utf8'))
  const text = await (await fetch(`${address}/metrics`)).text()
  const value = (name: string) => Number(new RegExp(`^tensair_${name} (.*)$`, 'm').exec(text)?.[1])
  return { delay: 1000 * value('event_loop_delay_p99_seconds'), packs: value('packs_total') }
}
