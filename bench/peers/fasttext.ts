import { spawnSync } from 'node:child_process'
import type { Run, Settings } from './peer.ts'
import { runChild } from './run-child.ts'

/** Whether Debian's fasttext is there. */
export function hasFastText(): boolean {
  return spawnSync('fasttext', ['version']).error === undefined
}

/**
 * Trains fasttext's skip-gram. It gives no times, but tells its progress ten times a second: training lasts from the first
 * such line to the last, the run from the start of the process to that line. It is then ended, since it would go on to
 * write its vectors.
 */
export async function runFastText(
  settings: Settings,
  corpus: string,
  output: string,
  subwords: boolean
): Promise<Run> {
  const { dim, window, negatives, subsample, minCount, threads, seed } = settings
  const options: Record<string, number> = {
    dim,
    ws: window,
    neg: negatives,
    t: subsample,
    minCount,
    thread: threads,
    seed,
    epoch: 1
  }
  if (!subwords) options.maxn = 0
  const start = performance.now()
  let first = Number.NaN
  let last = Number.NaN
  let text = ''
  await runChild('fasttext', ['skipgram', '-input', corpus, '-output', output, ...flags(options)], {
    onError(piece, stop) {
      text += piece
      if (Number.isNaN(first) && text.includes('Progress:')) first = performance.now()
      // Lines in progress end with a carriage return before the next; only the last has a line end.
      if (!/Progress: 100\.0%[^\r\n]*\n/.test(text)) {
        text = text.slice(-200)
        return
      }
      last = performance.now()
      stop()
    }
  })
  if (!(last > start)) throw new Error('fasttext: ended without having told that training is done')
  return {
    trainSeconds: (last - first) / 1000,
    runSeconds: (last - start) / 1000,
    about: `fasttext ${subwords ? 'with n-grams of 3 to 6 characters' : 'without n-grams (-maxn 0)'}`
  }
}

function flags(options: Record<string, number>): string[] {
  return Object.entries(options).flatMap(([name, value]) => [`-${name}`, String(value)])
}
