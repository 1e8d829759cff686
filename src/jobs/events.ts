/** What a job tells whoever started it, while it runs and when it ends. */
export type JobEvent = StartedEvent | ProgressEvent | CheckpointEvent | WarningEvent | EndEvent

/** The first words have been trained. */
export interface StartedEvent {
  readonly event: 'started'
  /** The device's own name. */
  readonly device: string
  /** Words trained before this run, from the checkpoint that it continues; 0 for a new model. */
  readonly resumedWords: number
  /** From the start of the job to its first trained word. */
  readonly seconds: number
}

/** How far training has come; sent every few seconds at most. */
export interface ProgressEvent {
  readonly event: 'progress'
  /** Words read since the model was new. */
  readonly words: number
  /** Since the last progress. */
  readonly wordsPerSecond: number
  /** Mean loss of a context since the last progress; absent where none was measured. */
  readonly loss?: number
  readonly vocabulary: number
  /** Share of the input that has been read, 0 to 1; absent where its size is not known. */
  readonly share?: number
  /** At the pace since the start of the run; absent where the size of the input is not known. */
  readonly secondsLeft?: number
}

/** The model is safely stored. */
export interface CheckpointEvent {
  readonly event: 'checkpoint'
  readonly words: number
  /** What saving took. */
  readonly seconds: number
}

/** Something the reader should know that does not stop the job. */
export interface WarningEvent {
  readonly event: 'warning'
  readonly message: string
}

/** The end: of the stream, of the words asked for, or by interruption. The model is stored. */
export interface EndEvent {
  readonly event: 'done' | 'interrupted'
  /** Words read since the model was new. */
  readonly words: number
  /** Words read in this run. */
  readonly runWords: number
  /** From the start of the job to its last word trained, without saving. */
  readonly seconds: number
  readonly wordsPerSecond: number
  /** Mean loss of a context over this run; absent where none was measured. */
  readonly loss?: number
  readonly vocabulary: number
}
