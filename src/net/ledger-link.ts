// The state of one link in a ledger, and what the other side may say in it.

import type { LedgerMessage, Vector } from './messages.ts'
import type { Outbox } from './outbox.ts'
import { ProtocolError } from './protocol-error.ts'
import { checkRanges, checkVector } from './vector.ts'

/**
 * | phase | frames of the other side | what comes into the state | comes to an end with |
 * |---|---|---|---|
 * | unopened | - | is not gathered | the adoption that is under way on another link |
 * | reconciling: this side's vector is sent | ignored | waits | the other's vector of the same round |
 * | open | taken | is sent | |
 * | must-adopt: the child was told so | ignored | is not gathered: the state will hold it | `want-state` |
 * | handed: the state was sent | ignored | is sent | `adopted` |
 * | adopting: the parent's state is asked for | ignored: the state will hold them | - | the state |
 */
export type Phase = 'unopened' | 'reconciling' | 'open' | 'must-adopt' | 'handed' | 'adopting'

export interface Link<Content> {
  readonly name: string
  /** What the other side is. */
  readonly role: 'parent' | 'child'
  readonly outbox: Outbox<Content>
  phase: Phase
  /** The last round that either side began. */
  round: number
  /** This side's vector of the round, while the other's has not come. */
  vector: Vector
  /** Whether a vector of the other side has come at all. */
  heard: boolean
  /** The last adoption that the parent named. */
  adoption: number
  /** The adoption whose state is on its way, or has come and is not confirmed; 0 where there is none. */
  handed: number
}

/** A link of which nothing is known but what the other side is. */
export function newLink<Content>(
  name: string,
  role: 'parent' | 'child',
  outbox: Outbox<Content>
): Link<Content> {
  return {
    name,
    role,
    outbox,
    phase: 'unopened',
    round: 0,
    vector: new Map(),
    heard: false,
    adoption: 0,
    handed: 0
  }
}

/** Whether what comes into the state is to be gathered for the link. */
export function gathers({ phase }: Link<unknown>): boolean {
  return phase === 'reconciling' || phase === 'open' || phase === 'handed'
}

/** Whether frames may be sent. */
export function sends({ phase }: Link<unknown>): boolean {
  return phase === 'open' || phase === 'handed'
}

/**
 * Checks that the other side may say this now. `made`: this peer's origins with the last pack it made under each.
 * @throws ProtocolError where it may not.
 */
export function checkMessage(link: Link<unknown>, message: LedgerMessage<unknown>, made: Vector): void {
  const { type } = message
  if (type !== 'vector' && type !== 'ack' && !link.heard) {
    throw new ProtocolError(`${link.role}: its vector wanted first; got ${type}`)
  }
  if (type === 'want-state' || type === 'adopted') checkRole(link, 'child', type)
  if (type === 'must-adopt' || type === 'state') checkRole(link, 'parent', type)
  switch (type) {
    case 'vector':
      checkRound(link, message, made)
      break
    case 'frame':
      if (!(message.waited >= 0 && message.waited < Infinity)) {
        throw new ProtocolError(`frame: ms waited, 0 or more, wanted; got ${message.waited}`)
      }
      checkRanges(message.ranges, made)
      break
    case 'want-state':
      if (link.handed !== 0) throw new ProtocolError(`want-state: adoption ${link.handed} is under way`)
      break
    case 'must-adopt':
      if (!Number.isSafeInteger(message.adoption) || message.adoption <= link.adoption || link.handed !== 0) {
        const last = link.handed !== 0 ? 'is under way' : 'was the last'
        throw new ProtocolError(`must-adopt: adoption ${link.adoption} ${last}; got ${message.adoption}`)
      }
      break
    case 'state':
      if (!expectsState(link, message.adoption)) {
        throw new ProtocolError(`state: adoption ${link.handed || 'none'} wanted; got ${message.adoption}`)
      }
      checkVector(message.vector, made)
      break
    case 'adopted':
      if (link.handed === 0 || message.adoption !== link.handed) {
        throw new ProtocolError(`adopted: adoption ${link.handed || 'none'} wanted; got ${message.adoption}`)
      }
  }
}

/** Whether the state of this adoption may come now. */
export function expectsState({ phase, handed }: Link<unknown>, adoption: number): boolean {
  return phase === 'adopting' && handed !== 0 && adoption === handed
}

function checkRole({ role }: Link<unknown>, wanted: Link<unknown>['role'], type: string): void {
  if (role !== wanted) throw new ProtocolError(`${type}: wanted from a ${wanted} only; got it from a ${role}`)
}

function checkRound(
  { phase, round: last }: Link<unknown>,
  { round, vector }: { round: number; vector: Vector },
  made: Vector
): void {
  // A side that has left its round for an adoption does not answer it, so the other may be one behind or one ahead.
  const wanted =
    phase === 'open'
      ? round === last + 1
      : phase === 'reconciling'
        ? round <= last
        : phase !== 'handed' && round <= last + 1
  if (!wanted || !Number.isSafeInteger(round) || round < 1) {
    throw new ProtocolError(`vector: round ${last} was the last (${phase}); got round ${round}`)
  }
  checkVector(vector, made)
}
