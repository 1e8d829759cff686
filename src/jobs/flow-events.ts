import type { PeerEvent, SwarmProgress, WarningEvent } from './events.ts'

/** What a user's job tells whoever started it, while it runs and when it ends. */
export type FlowEvent =
  | FlowStartedEvent
  | FlowProgressEvent
  | FlowWaitingEvent
  | WarningEvent
  | PeerEvent
  | FlowEndEvent

/** The flow is read from now on. */
export interface FlowStartedEvent {
  readonly event: 'started'
  readonly job: string
  /** From the start of the job: what it took to open the model and to join the swarm. */
  readonly seconds: number
}

/** How far the flow has come; sent every few seconds at most. */
export interface FlowProgressEvent {
  readonly event: 'progress'
  /** Items it has emitted, or that have been counted. */
  readonly items: number
  /** Since the last progress. */
  readonly itemsPerSecond: number
  /** Absent where the job runs alone. */
  readonly swarm?: SwarmProgress
}

/** This peer's flow is over and all its model has learned is on its way; it waits for the other peers, to end with the same model. */
export interface FlowWaitingEvent {
  readonly event: 'waiting'
  readonly items: number
  /** From the start of the job to the end of its flow. */
  readonly seconds: number
}

/** The end: of the flow, at a bound, or by interruption. */
export interface FlowEndEvent {
  readonly event: 'done' | 'interrupted'
  readonly items: number
  /** From the start of the job to the end of its flow. */
  readonly seconds: number
  readonly itemsPerSecond: number
  /** In a swarm with a model: 128 bits in hexadecimal of what the peers share; equal at all that agree. */
  readonly sharedHash?: string
  /** What the exchange came to; absent where the job ran alone. */
  readonly swarm?: Pick<SwarmProgress, 'bytesIn' | 'bytesOut'>
}
