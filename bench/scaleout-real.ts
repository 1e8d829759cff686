// Peers of one training thread each, as processes of this machine: how fast they train a text together, and what they come to.

import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { BATCH_SLOTS, type Device } from '../kernels/contract.ts'
import type { EndEvent, JobEvent } from '../src/jobs/events.ts'
import { readWordVectors } from '../src/models/word2vec-state.ts'
import { fileStore } from '../src/sinks/file-store.ts'
import type { Corpus } from './corpus.ts'
import { root } from './machine.ts'
import { mean } from './measure.ts'
import { hasWordSets, type Quality, qualityOf } from './quality.ts'

const DIM = 100 // the default, which peers train with
const cores = availableParallelism()
/** Whether each peer can be kept to a core. */
export const pinned = spawnSync('taskset', ['-c', '0', 'true']).status === 0

/** What some peers came to together. */
export interface Outcome {
  readonly wordsPerSecond: number
  readonly bytesPerWord: number
  /** A word's share of a mini-batch's dense gradient. */
  readonly denseBytes: number
  readonly staleness: number
  readonly applyShare: number
  readonly eventLoopDelay: number
  readonly loss: number
  readonly quality: Quality | undefined
}

/** What a peer said while it trained. */
interface Told {
  startedAt: number
  trainedAt: number
  bytesOut: number
  readonly staleness: number[]
  readonly applyShare: number[]
  /** Milliseconds; asked for at the beginning too, since what is told is since it was asked last. */
  eventLoopDelay: Promise<number>
  end: EndEvent | undefined
}

export interface Trial {
  readonly peers: number
  readonly corpus: Corpus
  /** Where the peers' models go: a folder that is not there yet. */
  readonly folder: string
  /** Number of the run, for the seeds. */
  readonly run: number
  /**
   * Who reads the text: each peer, which then trains its part; each, and they train without a word to each other (`apart`);
   * the first, which feeds the others (`feed`).
   */
  readonly way: 'shared' | 'apart' | 'feed'
  /** Words between two packs; default as always. */
  readonly interval: string | undefined
}

/**
 * Runs some peers to their end.
 *
 * @throws Error where they do not agree, or have not trained each word once.
 */
export async function train(device: Device, trial: Trial): Promise<Outcome> {
  const { peers: count, corpus, folder, run, way, interval } = trial
  const swarm = `bench-${process.pid}-${run}-${count}-${way}`
  const more = interval === undefined ? [] : ['--exchange-every', interval]
  const peers = Array.from({ length: count }, (_, i) =>
    start(i, way === 'feed' && i > 0 ? 'none' : corpus.path, join(folder, `${i}`), [
      ...(way === 'apart'
        ? ['--swarm', `${swarm}-${i}`, '--no-mdns', '--shard', `${i + 1}/${count}`]
        : ['--swarm', swarm, '--shard', way === 'feed' ? 'feed' : 'auto']),
      ...['--seed', `${1 + run * 100 + i}`],
      ...more
    ])
  )
  const told = await Promise.all(peers)
  const hashes = new Set(told.map(({ end }) => end?.sharedHash))
  if (hashes.size !== 1 && way !== 'apart')
    throw new Error(`scaleout: the peers do not agree: ${[...hashes].join(', ')}`)
  const words = told.reduce((sum, { end }) => sum + (end?.runWords ?? 0), 0)
  if (Math.abs(words / corpus.words - 1) > 0.01) {
    throw new Error(`scaleout: ${corpus.words} words were to be trained once; ${words} were`)
  }
  const seconds =
    (Math.max(...told.map(peer => peer.trainedAt)) - Math.min(...told.map(peer => peer.startedAt))) / 1000
  return {
    wordsPerSecond: words / seconds,
    bytesPerWord: told.reduce((sum, { bytesOut }) => sum + bytesOut, 0) / words,
    denseBytes: (4 * 2 * (told[0]?.end?.vocabulary ?? Number.NaN) * DIM) / BATCH_SLOTS,
    staleness: mean(told.flatMap(({ staleness }) => staleness)),
    applyShare: mean(told.flatMap(({ applyShare }) => applyShare)),
    eventLoopDelay: Math.max(...(await Promise.all(told.map(({ eventLoopDelay }) => eventLoopDelay)))),
    loss: mean(told.map(({ end }) => end?.loss ?? Number.NaN)),
    quality:
      hasWordSets() && way !== 'apart'
        ? await qualityOf(device, await readWordVectors(fileStore(join(folder, '0'))))
        : undefined
  }
}

/** Runs one peer to its end. */
async function start(core: number, input: string, output: string, more: readonly string[]): Promise<Told> {
  const args = ['start', 'word2vec', '--input', input, '--output', output, '--device', 'wasm', '--json']
  const own = [process.execPath, join(root, 'src/cli/tensair.js'), ...args, '--threads', '1', ...more]
  const [program = '', ...words] = pinned ? ['taskset', '-c', `${core % cores}`, ...own] : own
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  const told: Told = {
    startedAt: 0,
    trainedAt: 0,
    bytesOut: 0,
    staleness: [],
    applyShare: [],
    eventLoopDelay: Promise.resolve(Number.NaN),
    end: undefined
  }
  let errors = ''
  child.stderr.on('data', text => {
    errors += text
  })
  createInterface({ input: child.stdout }).on('line', line =>
    hear(told, output, JSON.parse(line) as JobEvent)
  )
  const code = await new Promise(resolve => child.on('close', resolve))
  if (code !== 0) throw new Error(`scaleout: a peer ended with ${code}: ${errors}`)
  return told
}

function hear(told: Told, output: string, event: JobEvent): void {
  if (event.event === 'started') {
    told.startedAt = performance.now()
    told.eventLoopDelay = eventLoopDelay(output)
  }
  if (event.event === 'waiting') {
    told.trainedAt = performance.now()
    told.eventLoopDelay = eventLoopDelay(output)
  }
  if (event.event === 'done') {
    told.end = event
    told.bytesOut = event.swarm?.bytesOut ?? 0
  }
  if (event.event !== 'progress' || event.swarm === undefined) return
  if (told.trainedAt > 0) return
  if (event.swarm.stalenessMean > 0) told.staleness.push(event.swarm.stalenessMean)
  told.applyShare.push(event.swarm.applyShare)
}

/** The 99th percentile, in ms, since it was asked for last. */
async function eventLoopDelay(output: string): Promise<number> {
  const { address } = JSON.parse(readFileSync(join(output, 'peer/status.json'), 'utf8'))
  const metrics = await (await fetch(`${address}/metrics`)).text()
  return 1000 * Number(/^tensair_event_loop_delay_p99_seconds (.*)$/m.exec(metrics)?.[1])
}
