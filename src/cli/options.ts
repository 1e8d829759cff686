import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { InvalidArgumentError, Option } from 'commander'

/** Where `start` keeps its model unless told otherwise, and where the other commands look for one. */
export const DEFAULT_MODEL = '.tensair/word2vec'

/** Where the demo keeps its models unless told otherwise. */
export const DEMO_MODEL = '.tensair/demo'

/** The folders of the demo's two peers: that of --output, and one in it. */
export function demoOutputs(output: string): readonly [first: string, second: string] {
  return [output, join(output, 'second')]
}

/** Reads a whole number of at least `least` and at most `most`; refuses anything else. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return text => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    const bounds = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `from ${least} to ${most}`
    throw new InvalidArgumentError(`Wanted a whole number, ${bounds}.`)
  }
}

/** Reads a whole number that is a multiple of `step`, at least `step` and at most `most`. */
export function multiple(step: number, most: number): (text: string) => number {
  return text => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= step && value <= most && value % step === 0) return value
    throw new InvalidArgumentError(`Wanted a multiple of ${step}, at most ${most}.`)
  }
}

/** Reads a number from 0 to `most`, 0 itself only where `zero` says so. */
export function number(most: number, zero: boolean): (text: string) => number {
  return text => {
    const value = /^(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
    if (value <= most && (zero ? value >= 0 : value > 0)) return value
    throw new InvalidArgumentError(`Wanted a number ${zero ? 'from' : 'above'} 0, at most ${most}.`)
  }
}

/** An option whose default is not a value but a rule; `--help` shows the rule. */
export function unlessGiven(flags: string, description: string, rule: string): Option {
  return new Option(flags, `${description} (default: ${rule})`)
}

/** `--device`: what trains. */
export function deviceOption(): Option {
  return new Option('--device <kind>', 'what to compute on (auto: a GPU where there is one, else wasm)')
    .choices(['auto', 'webgpu', 'wasm'])
    .default('auto')
}

/** `--threads` of the wasm device. */
export function threadsOption(): Option {
  return new Option('--threads <count>', 'threads of the wasm device; with 1, equal runs give equal bits')
    .argParser(whole(1, 256))
    .default(availableParallelism(), `${availableParallelism()}, the processors of this machine`)
}

/** `--json`: output for programs. */
export function jsonOption(): Option {
  return new Option('--json', 'write one JSON object a line to standard output, for programs').default(false)
}

/** `--model`: where a trained model is. */
export function modelOption(): Option {
  return new Option(
    '--model <path>',
    'folder of a model that start or demo has saved, or a file of vectors (word2vec text or binary)'
  ).default(DEFAULT_MODEL)
}
