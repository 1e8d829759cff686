import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Corpus } from './corpus.ts'
import { hasFastText, runFastText } from './peers/fasttext.ts'
import { gensimRates, hasGensim, runGensim } from './peers/gensim.ts'
import type { Run, Settings } from './peers/peer.ts'
import { runChild } from './peers/run-child.ts'
import { readVectors } from './vectors.ts'
import type { WordJob, WordJobResult } from './word2vec-job.ts'

/** Something that learns word vectors from a corpus. */
export interface Program {
  readonly name: string
  run(corpus: Corpus, folder: string, settings: Settings): Promise<Run>
}

/** Ours, in one of its settings. */
export interface OwnProgram extends Program {
  readonly device: 'wasm' | 'webgpu'
  readonly optimizer: 'adagrad' | 'sgd'
}

const JOB = fileURLToPath(new URL('word2vec-job.ts', import.meta.url))

/** Ours: with Adagrad as it comes; with SGD as gensim does it, at its rates and with a pass for the vocabulary first. */
export function ours(device: 'wasm' | 'webgpu', optimizer: 'adagrad' | 'sgd'): OwnProgram {
  return {
    name: `ours, ${device}, ${optimizer}`,
    device,
    optimizer,
    async run(corpus, folder, { threads, ...options }) {
      const vectors = join(folder, `ours-${device}-${optimizer}-${options.seed}`)
      const rates = optimizer === 'sgd' ? gensimRates(corpus.words, threads) : {}
      const job: WordJob = {
        corpus: corpus.path,
        device,
        threads,
        vectors,
        scan: optimizer === 'sgd',
        options: { ...options, optimizer, ...rates }
      }
      const result = await train(job)
      checkLoss(result.losses, options.negatives)
      return { ...result, vectors, about: `tensair on ${result.device}` }
    }
  }
}

async function train(job: WordJob): Promise<WordJobResult> {
  const output = await runChild(process.execPath, [...process.execArgv, JOB, JSON.stringify(job)])
  return JSON.parse(output) as WordJobResult
}

/** @throws Error where the loss is not what a model that learns has. */
function checkLoss(losses: readonly number[], negatives: number): void {
  // Before the first step every product is 0 and every output costs ln 2.
  const first = losses.length > 1 ? (losses[0] ?? Number.NaN) : (1 + negatives) * Math.LN2
  const last = losses.at(-1) ?? Number.NaN
  if (!(last < first)) throw new Error(`word2vec: the loss does not fall: from ${first} to ${last}`)
}

const gensim: Program = {
  name: 'gensim',
  run: ({ path }, folder, settings) => runGensim(settings, path, join(folder, `gensim-${settings.seed}`))
}

function fastText(name: string, subwords: boolean): Program {
  return {
    name,
    run: ({ path }, folder, settings) => runFastText(settings, path, join(folder, name), subwords)
  }
}

const KNOWN: Record<string, { isHere: () => boolean; debian: string; programs: readonly Program[] }> = {
  gensim: { isHere: hasGensim, debian: 'python3-gensim', programs: [gensim] },
  fasttext: {
    isHere: hasFastText,
    debian: 'fasttext',
    programs: [fastText('fasttext', true), fastText('fasttext-maxn0', false)]
  }
}

/**
 * The peers of that name that this machine has, and one line about those it has not.
 * @throws RangeError for names nobody knows.
 */
export function findPeers(names: readonly string[]): { peers: Program[]; missing: string | undefined } {
  const unknown = names.find(name => !Object.hasOwn(KNOWN, name))
  if (unknown !== undefined) {
    throw new RangeError(`--against must name some of ${Object.keys(KNOWN).join(', ')}; got ${unknown}`)
  }
  const peers: Program[] = []
  const missing: string[] = []
  for (const name of names) {
    const known = KNOWN[name]
    if (known === undefined) continue
    if (known.isHere()) peers.push(...known.programs)
    else missing.push(`${name} (apt-get install ${known.debian})`)
  }
  return { peers, missing: missing.length > 0 ? `not on this machine: ${missing.join(', ')}` : undefined }
}

/** Runs the programs in turn, once for each seed; every vector that comes out is finite, or it throws. */
export async function runInTurn(
  programs: readonly Program[],
  corpus: Corpus,
  folder: string,
  settings: Settings,
  seeds: number,
  say: (text: string) => void
): Promise<Map<Program, Run[]>> {
  const runs = new Map<Program, Run[]>(programs.map(program => [program, []]))
  for (let seed = settings.seed; seed < settings.seed + seeds; seed++) {
    for (const [program, list] of runs) {
      const run = await program.run(corpus, folder, { ...settings, seed })
      if (run.vectors !== undefined) readVectors(run.vectors, settings.dim)
      list.push(run)
      const speed = Math.round(corpus.words / run.trainSeconds).toLocaleString('en-US')
      say(
        `  ${program.name}, seed ${seed}: ${speed} words/s while training, ${run.runSeconds.toFixed(1)} s in all`
      )
    }
  }
  return runs
}
