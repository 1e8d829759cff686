// Ledgers whose contents are numbers, and what they want done in words.

import { Ledger, type LedgerOptions } from '../../src/net/ledger.ts'
import type { LedgerAction } from '../../src/net/ledger-action.ts'
import type { LedgerMessage, Ranges, RowHashes } from '../../src/net/messages.ts'
import type { ContentRules } from '../../src/net/outbox.ts'

export type Message = LedgerMessage<number>

export const rules: ContentRules<number> = {
  sum: parts => parts.reduce((sum, part) => sum + part),
  subtract: (whole, part) => whole - part,
  negate: content => -content,
  bytes: content => content
}
const hashes: RowHashes = { keys: new Uint32Array(0), tables: [] }
const unknown = new Uint32Array(0)

export function ledgerOf(options: Partial<LedgerOptions<number>> = {}): Ledger<number> {
  return new Ledger({ origin: { peer: 'me', start: 1 }, rules, ...options })
}

/** A ledger with these links open, on which the other side holds nothing. */
export function linked(
  links: Record<string, 'parent' | 'child'>,
  options: Partial<LedgerOptions<number>> = {}
): Ledger<number> {
  const ledger = ledgerOf(options)
  for (const [name, role] of Object.entries(links)) {
    ledger.open(name, role)
    ledger.received(name, vector(1), 0)
  }
  return ledger
}

export function vector(round: number, held: Record<string, number> = {}): Message {
  return { type: 'vector', round, vector: new Map(Object.entries(held)) }
}

/** `frame('a 1-3, b 2', 5)`: what packs 1 to 3 of a and 2 of b change is 5. */
export function frame(packs: string, content: number, waited = 0): Message {
  const ranges = new Map(
    packs.split(', ').map(text => {
      const [, origin = '', first, last = first] = /^(\S+) (\d+)(?:-(\d+))?$/.exec(text) ?? []
      return [origin, [Number(first), Number(last)]] as const
    })
  )
  return { type: 'frame', ranges, content, waited }
}

export function state(adoption: number, held: Record<string, number>, last = true): Message {
  return { type: 'state', adoption, vector: new Map(Object.entries(held)), state: 0, unknown, last }
}

export const ack = (frames: number): Message => ({ type: 'ack', frames })
export const wantState: Message = { type: 'want-state', hashes }

/** What is to be done, in words. */
export function words(actions: LedgerAction<number>[]): string[] {
  return actions.map(actionWords)
}

function actionWords(action: LedgerAction<number>): string {
  switch (action.type) {
    case 'apply':
      return `apply ${action.content} of ${action.link ?? 'the log'}`
    case 'take-back':
      return `take back ${action.content}`
    case 'send':
      return `${action.link}: ${messageWords(action.message)}`
    case 'send-hashes':
      return `${action.link}: want-state`
    case 'send-state':
      return `${action.link}: state ${action.adoption}, ${plain(action.vector)}`
    case 'lost-place':
      return `${action.link} lost: ${action.why}`
    case 'forgotten':
      return `forgotten: ${action.origin} ${action.first}-${action.last}`
    case 'violation':
      return `${action.link} broke the rules: ${action.error.message}`
  }
}

function messageWords(message: Message): string {
  switch (message.type) {
    case 'vector':
      return `vector ${message.round}, ${plain(message.vector)}`
    case 'frame':
      return `${rangeWords(message.ranges)} = ${message.content}`
    case 'ack':
      return `ack ${message.frames}`
    case 'refused':
      return `refused ${rangeWords(message.ranges)}`
    case 'recall':
      return `recall ${rangeWords(message.packs)} by ${rangeWords(message.by)}`
    case 'must-adopt':
    case 'adopted':
      return `${message.type} ${message.adoption}`
    default:
      return message.type
  }
}

function rangeWords(ranges: Ranges): string {
  return [...ranges]
    .map(([origin, [first, last]]) => `${origin} ${first === last ? first : `${first}-${last}`}`)
    .join(', ')
}

export function plain(held: ReadonlyMap<string, number>): string {
  return [...held].map(([origin, last]) => `${origin} ${last}`).join(', ') || 'nothing'
}
