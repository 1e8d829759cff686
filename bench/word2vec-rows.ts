import { openDevice } from '../kernels/index.ts'
import { mean, median } from './measure.ts'
import type { Run } from './peers/peer.ts'
import type { OwnProgram, Program } from './programs.ts'
import { meanQuality, type Quality, qualityOf } from './quality.ts'
import type { Row } from './report.ts'
import { readVectors } from './vectors.ts'

type Runs = ReadonlyMap<Program, readonly Run[]>

/** Words a second, ours beside each peer's; ours alone where there is none. */
export function speedRows(runs: Runs, program: OwnProgram, peers: readonly Program[], words: number): Row[] {
  const row = (name: string, time: (run: Run) => number) => {
    const speed = (of: Program) => words / median((runs.get(of) ?? []).map(time))
    const own = figure(runs, program, name, speed(program), 'words/s')
    return peers.length === 0 ? [own] : peers.map(peer => compared(own, peer.name, speed(peer)))
  }
  return [
    ...row('train_words_per_s', run => run.trainSeconds),
    ...row('run_words_per_s', run => run.runSeconds)
  ]
}

/** The most memory a run of ours took, beside twice the two tables (vocabulary rows of dim f32) and 300 MB. */
export function memoryRow(runs: Runs, program: OwnProgram, dim: number): Row {
  const list = runs.get(program) ?? []
  const tables = (2 * Math.max(...list.map(run => run.vocabulary ?? 0)) * dim * 4) / 1e6
  const value = Math.max(...list.map(run => run.peakRssMb ?? Number.NaN))
  return { ...figure(runs, program, 'peak_rss_mb', value, 'MB'), bar: tables * 2 + 300 }
}

/**
 * Mean loss of ours on one device beside another, over the same text with the same optimizer; the less the better, so the ratio is
 * theirs over ours. Others measure something else under that name.
 */
export function lossRows(
  runs: Runs,
  programs: readonly OwnProgram[],
  peers: readonly OwnProgram[],
  words: number
): Row[] {
  const loss = (program: Program) => mean((runs.get(program) ?? []).map(run => run.loss ?? Number.NaN))
  return programs.flatMap(program =>
    peers
      .filter(peer => peer.optimizer === program.optimizer)
      .map(peer => {
        const [own, theirs] = [loss(program), loss(peer)]
        const row = figure(runs, program, 'loss', own, 'nats a context')
        return { ...row, words, peer: peer.name, peer_value: theirs, ratio: theirs / own }
      })
  )
}

const MEASURES: readonly (readonly [name: keyof Quality, unit: string])[] = [
  ['ws353', 'rho'],
  ['simlex999', 'rho'],
  ['analogy_syntactic', 'right'],
  ['analogy_semantic', 'right']
]

/** Mean quality over the runs, ours beside that of each peer whose vectors are known; `words` names a text that is not the bench's own. */
export async function qualityRows(
  runs: Runs,
  programs: readonly OwnProgram[],
  peers: readonly Program[],
  dim: number,
  words?: number
): Promise<Row[]> {
  const qualities = await judge(runs, dim)
  const rows: Row[] = []
  for (const program of programs) {
    for (const [name, unit] of MEASURES) {
      const of = (other: Program) => {
        const value = qualities.get(other)?.[name]
        // Of a text with hardly any of the words that are asked for, nothing can be said.
        return Number.isNaN(value) ? undefined : value
      }
      const value = of(program)
      if (value === undefined) continue
      const own = { ...figure(runs, program, name, value, unit), ...(words === undefined ? {} : { words }) }
      // On another device of ours, only the same optimizer says something.
      const others = peers.filter(peer => !('optimizer' in peer) || peer.optimizer === program.optimizer)
      const beside = others.flatMap(peer => {
        const theirs = of(peer)
        return theirs === undefined ? [] : [compared(own, peer.name, theirs)]
      })
      rows.push(...(beside.length === 0 ? [own] : beside))
    }
  }
  return rows
}

async function judge(runs: Runs, dim: number): Promise<Map<Program, Quality>> {
  const { device } = await openDevice('wasm', { threads: 1 })
  const qualities = new Map<Program, Quality>()
  for (const [program, list] of runs) {
    const judged: Quality[] = []
    for (const { vectors } of list) {
      if (vectors !== undefined) judged.push(await qualityOf(device, readVectors(vectors, dim)))
    }
    if (judged.length > 0) qualities.set(program, meanQuality(judged))
  }
  await device.close()
  return qualities
}

function figure(runs: Runs, program: OwnProgram, name: string, value: number, unit: string): Row {
  const { device, optimizer } = program
  return { bench: 'word2vec', name, value, unit, device, optimizer, runs: runs.get(program)?.length }
}

function compared(own: Row, peer: string, theirs: number): Row {
  // A quality of nothing, or of less, is no measure for another.
  return { ...own, peer, peer_value: theirs, ...(theirs > 0 ? { ratio: own.value / theirs } : {}) }
}
