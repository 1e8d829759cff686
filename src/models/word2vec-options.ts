import type { DeviceKind } from '../../kernels/contract.ts'

/** What a word2vec model is made with; what is left out has the default given. */
export interface Word2VecOptions {
  /** Values in a vector: a multiple of 4, at most 1024. Default 100. */
  readonly dim?: number
  /** Greatest distance of a context word, 1 to 15. Default 5. */
  readonly window?: number
  /** Negatives for each centre word, 1 to 31. Default 5. */
  readonly negatives?: number
  /** t of the subsampling of frequent words, 0 to 1; 0 keeps all. Default 1e-4. */
  readonly subsample?: number
  /** The sighting at which a word is admitted to the vocabulary, 1 to 255. Default 5. */
  readonly minCount?: number
  /**
   * Words the model has room for; further ones stay unknown. Default 2^18 on wasm, where memory is taken as words come, 2^17
   * on webgpu, where it is taken at the start, fewer at large dims.
   */
  readonly capacity?: number
  /**
   * Whether there is room beyond `capacity`, an eighth of it and 4096 words at least, for words that other peers of a swarm
   * meet. A saved model can be resumed with or without. Default false.
   */
  readonly shared?: boolean
  /** `adagrad`, the better one in a single pass, or `sgd`, as word2vec.c and gensim. Default adagrad. */
  readonly optimizer?: 'adagrad' | 'sgd'
  /**
   * New vectors are uniform in (-spread, spread) / dim: a power of two, 0.5 to 8. Default 4 with adagrad, which learns more
   * from wide ones; 1, as in gensim, with sgd.
   */
  readonly spread?: number
  /** Learning rate at the start. Default 0.2 with adagrad, 0.025 with sgd. */
  readonly rate?: number
  /** What adagrad's accumulators of the words' vectors start at: a row's first rate is rate / √inputAccumulator. Default 4. */
  readonly inputAccumulator?: number
  /** The same for the rows that predict. Default 20. */
  readonly outputAccumulator?: number
  /**
   * `constant`, or `linear`: falling to `minRate` at the end. The end is known from `expectedWords`, else from
   * the source's position, which is exact only to a chunk. Default constant.
   */
  readonly schedule?: 'constant' | 'linear'
  /** Where the linear schedule ends. Default 1e-4, as in gensim. */
  readonly minRate?: number
  /** Words that the stream will give in all, for the linear schedule. Default 0: not known. */
  readonly expectedWords?: number
  /** Of all random numbers: u32. Default 1. */
  readonly seed?: number
}

/** Options with every default filled in; `shared` is not among them, it decides nothing about the training. */
export type ResolvedOptions = Required<Omit<Word2VecOptions, 'shared'>>

/** Rows that a model's tables have. */
export function tableRows({ capacity }: ResolvedOptions, shared: boolean): number {
  return shared ? capacity + Math.max(FOREIGN_WORDS, capacity >>> 3) : capacity
}

// The least room a shared model has for words that only others have met.
const FOREIGN_WORDS = 4096

const isWhole = (from: number, to: number) => (value: unknown) =>
  Number.isInteger(value) && (value as number) >= from && (value as number) <= to

const RULES: {
  readonly [Name in keyof ResolvedOptions]: readonly [wanted: string, holds: (value: unknown) => boolean]
} = {
  dim: ['a multiple of 4, at most 1024', value => isWhole(4, 1024)(value) && (value as number) % 4 === 0],
  window: ['a whole number, 1 to 15', isWhole(1, 15)],
  negatives: ['a whole number, 1 to 31', isWhole(1, 31)],
  subsample: ['a number, 0 to 1', value => (value as number) >= 0 && (value as number) <= 1],
  minCount: ['a whole number, 1 to 255', isWhole(1, 255)],
  capacity: ['a whole number, 1 to 2^30', isWhole(1, 2 ** 30)],
  optimizer: ["'adagrad' or 'sgd'", value => value === 'adagrad' || value === 'sgd'],
  rate: ['greater than 0 and finite', value => (value as number) > 0 && Number.isFinite(value)],
  spread: [
    'a power of two, 0.5 to 8',
    value =>
      Number.isInteger(Math.log2(value as number)) && (value as number) >= 0.5 && (value as number) <= 8
  ],
  inputAccumulator: ['0 or more and finite', value => (value as number) >= 0 && Number.isFinite(value)],
  outputAccumulator: ['0 or more and finite', value => (value as number) >= 0 && Number.isFinite(value)],
  schedule: ["'constant' or 'linear'", value => value === 'constant' || value === 'linear'],
  minRate: ['0 or more and finite', value => (value as number) >= 0 && Number.isFinite(value)],
  expectedWords: ['a whole number, at least 0', isWhole(0, Number.MAX_SAFE_INTEGER)],
  seed: ['a whole number, 0 to 2^32 - 1', isWhole(0, 0xffff_ffff)]
}

/**
 * Fills in the defaults for a kind of device.
 * @throws RangeError that lists every option that is wrong.
 */
export function resolveOptions(
  { shared = false, ...options }: Word2VecOptions,
  kind: DeviceKind
): ResolvedOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const dim = options.dim ?? 100
  const resolved: ResolvedOptions = {
    dim,
    window: 5,
    negatives: 5,
    subsample: 1e-4,
    minCount: 5,
    capacity: defaultCapacity(kind, dim, shared),
    optimizer: 'adagrad',
    spread: options.optimizer === 'sgd' ? 1 : 4,
    rate: options.optimizer === 'sgd' ? 0.025 : 0.2,
    inputAccumulator: 4,
    outputAccumulator: 20,
    schedule: 'constant',
    minRate: 1e-4,
    expectedWords: 0,
    seed: 1,
    ...given
  }
  const problems = Object.entries(given)
    .filter(([name]) => !Object.hasOwn(RULES, name))
    .map(([name]) => `there is no option ${name}`)
  for (const [name, [wanted, holds]] of Object.entries(RULES)) {
    const value = resolved[name as keyof ResolvedOptions]
    if (!holds(value)) problems.push(`${name} must be ${wanted}; got ${value}`)
  }
  if (problems.length > 0) throw new RangeError(`word2vec: ${problems.join('; ')}`)
  return resolved
}

/**
 * Refuses options that contradict those a checkpoint was made with.
 * @throws RangeError that gives both values of each.
 */
export function refuseOtherOptions(saved: ResolvedOptions, wanted: Word2VecOptions, place: string): void {
  const { shared: _, ...kept } = wanted
  const others = Object.entries(kept)
    .filter(([name, value]) => value !== undefined && value !== saved[name as keyof ResolvedOptions])
    .map(([name, value]) => `${name} ${saved[name as keyof ResolvedOptions]}, not ${value}`)
  if (others.length === 0) return
  throw new RangeError(
    `word2vec: the checkpoint in ${place} was made with ${others.join(' and ')}; ` +
      'resume without these options, or start anew in another folder'
  )
}

// wasm: the two tables' rows within 2 GiB of its 4. webgpu: a table within a binding's default limit of 128 MiB.
function defaultCapacity(kind: DeviceKind, dim: number, shared: boolean): number {
  const rows = Math.floor((kind === 'wasm' ? 2 ** 27 : 2 ** 25) / Math.max(1, dim))
  // Beyond 2^15 words the room for foreign ones is an eighth.
  const capacity = shared ? Math.floor((rows * 8) / 9) : rows
  return Math.max(1, Math.min(kind === 'wasm' ? 2 ** 18 : 2 ** 17, capacity || 1))
}
