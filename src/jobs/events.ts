/** What a job tells whoever started it, while it runs and when it ends. */
export type JobEvent =
  | StartedEvent
  | ProgressEvent
  | CheckpointEvent
  | WarningEvent
  | PeerEvent
  | WaitingEvent
  | EndEvent

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
  /** Absent where it trains by itself. */
  readonly swarm?: SwarmProgress
}

/** How a peer's exchange with its swarm goes. */
export interface SwarmProgress {
  /** Peers alive, this one included. */
  readonly peers: number
  /** Over all links, on the wire before encryption. */
  readonly bytesInPerSecond: number
  readonly bytesOutPerSecond: number
  /** Since the start of the run. */
  readonly bytesIn: number
  readonly bytesOut: number
  /** Milliseconds from when a pack was made elsewhere to when it was applied here, over the last minute; 0 where none was. */
  readonly stalenessMean: number
  readonly stalenessMax: number
  /** Share of the last seconds that was spent applying, 0 to 1. */
  readonly applyShare: number
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

/** Another peer of the swarm was first seen, or is no longer there. */
export interface PeerEvent {
  readonly event: 'peer-joined' | 'peer-left'
  readonly peer: string
}

/** This peer's stream is over and all it learned is on its way; it waits for the other peers, to end with the same model. */
export interface WaitingEvent {
  readonly event: 'waiting'
  /** Words read since the model was new. */
  readonly words: number
  /** From the start of the job to its last word trained. */
  readonly seconds: number
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
  /** In a swarm: 128 bits in hexadecimal of what the peers share; equal at all that agree. */
  readonly sharedHash?: string
  /** What the exchange came to; absent where it trained by itself. */
  readonly swarm?: Pick<SwarmProgress, 'bytesIn' | 'bytesOut'>
}
