// What the members of a channel of alarms say to one another: arrays in MessagePack, the kind first.
//
//   0 hello   stage, the last alarms
//   1 alarm   stage, an alarm: origin, session, number, stage, time, magnitude
//   2 stage   stage
//   3 losses  stage, which trains, count, mean
//
// Each has the stage that the sender is in; no alarm in it is of a later one.

import { Decoder, Encoder } from '@msgpack/msgpack'
import { isTraining } from './adapt-stages.ts'

/** Most alarms that a newcomer is told of. */
export const MOST_ALARMS = 64
/** Losses of which a mean is told. */
export const MOST_LOSSES = 100

/** What one peer's detector found. */
export interface Alarm {
  /** The peer that raised it. */
  readonly origin: string
  /** When that peer began, ms since 1970; one that comes again counts anew. */
  readonly session: number
  /** The how-manieth of its origin's session, from 1. */
  readonly number: number
  /** The stage that its origin was in; odd while the swarm adapts. */
  readonly stage: number
  /** When it was raised, by its origin's clock: ms since 1970. */
  readonly time: number
  /** The mean of the last errors that the origin saw, less that of those before them. */
  readonly magnitude: number
}

export type AlarmMessage = { readonly stage: number } & (
  | { readonly kind: 'hello'; readonly alarms: readonly Alarm[] }
  | { readonly kind: 'alarm'; readonly alarm: Alarm }
  | { readonly kind: 'stage' }
  | { readonly kind: 'losses'; readonly count: number; readonly mean: number }
)

const NAME_LENGTH = 128
/** Rules of convergence refuse one above it. */
const GREATEST_LOSS = 1e100
/** Counts that come from others stay far from where adding one does nothing. */
const GREATEST_COUNT = 2 ** 48

const encoder = new Encoder()
const limits = { maxStrLength: 4 * NAME_LENGTH, maxArrayLength: MOST_ALARMS }
const decoder = new Decoder({ ...limits, maxBinLength: 0, maxMapLength: 0, maxExtLength: 0 })

export function encodeAlarmMessage(message: AlarmMessage): Uint8Array {
  const { kind, stage } = message
  if (kind === 'hello') return encoder.encode([0, stage, message.alarms.map(fieldsOf)])
  if (kind === 'alarm') return encoder.encode([1, stage, fieldsOf(message.alarm)])
  if (kind === 'stage') return encoder.encode([2, stage])
  return encoder.encode([3, stage, message.count, message.mean])
}

/** The message that the bytes are; undefined where they are none. */
export function decodeAlarmMessage(bytes: Uint8Array): AlarmMessage | undefined {
  try {
    return messageOf(decoder.decode(bytes))
  } catch {
    return undefined
  }
}

function fieldsOf({ origin, session, number, stage, time, magnitude }: Alarm): readonly unknown[] {
  return [origin, session, number, stage, time, magnitude]
}

function messageOf(fields: unknown): AlarmMessage | undefined {
  if (!Array.isArray(fields)) return undefined
  const [kind, stage, a, b]: unknown[] = fields
  if (!isCount(stage)) return undefined
  if (kind === 0) {
    const alarms = Array.isArray(a) ? a.map(fields => alarmOf(fields, stage)) : [undefined]
    return alarms.every(alarm => alarm !== undefined) ? { kind: 'hello', stage, alarms } : undefined
  }
  if (kind === 1) {
    const alarm = alarmOf(a, stage)
    return alarm && { kind: 'alarm', stage, alarm }
  }
  if (kind === 2) return { kind: 'stage', stage }
  if (kind !== 3 || !isTraining(stage) || !isCount(a) || a < 1 || a > MOST_LOSSES) return undefined
  if (!isNumber(b) || Math.abs(b) > GREATEST_LOSS) return undefined
  return { kind: 'losses', stage, count: a, mean: b }
}

function alarmOf(fields: unknown, greatest: number): Alarm | undefined {
  if (!Array.isArray(fields)) return undefined
  const [origin, session, number, stage, time, magnitude]: unknown[] = fields
  if (typeof origin !== 'string' || origin.length < 1 || origin.length > NAME_LENGTH) return undefined
  if (!isCount(session) || !isCount(number) || number < 1) return undefined
  if (!isCount(stage) || stage > greatest) return undefined
  if (!isNumber(time) || !isNumber(magnitude)) return undefined
  return { origin, session, number, stage, time, magnitude }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < GREATEST_COUNT
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value)
}
