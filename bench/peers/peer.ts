/** What every program is told. */
export interface Settings {
  readonly dim: number
  readonly window: number
  readonly negatives: number
  readonly subsample: number
  readonly minCount: number
  readonly threads: number
  readonly seed: number
}

/** What one run of a program came to. */
export interface Run {
  /** Seconds while training was in progress. */
  readonly trainSeconds: number
  /** Seconds for the text to have been learned: reading, vocabulary, tokenizing and training, without the export. */
  readonly runSeconds: number
  /** Where its vectors are, for `readVectors`; absent where they are not wanted. */
  readonly vectors?: string
  /** Words in the vocabulary, and the most memory the process has had, in 10^6 bytes; told by ours. */
  readonly vocabulary?: number
  readonly peakRssMb?: number
  /** Program and version, for people. */
  readonly about: string
}
