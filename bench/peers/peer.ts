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
  /** Told by ours: words in the vocabulary, mean loss over the text, and the most memory the process has had, in 10^6 bytes. */
  readonly vocabulary?: number
  readonly loss?: number
  readonly peakRssMb?: number
  /** Program and version, for people. */
  readonly about: string
}
