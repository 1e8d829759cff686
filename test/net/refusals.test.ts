import { deepStrictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import type { Ledger } from '../../src/net/ledger.ts'
import type { LedgerMessage } from '../../src/net/messages.ts'
import { ProtocolError } from '../../src/net/protocol-error.ts'
import { frame, linked, type Message, words } from './ledger-words.ts'

/** Pack `by` of `you/1` takes packs `first … last` back. */
function recall(first: number, last: number, by: number): Message {
  return { type: 'recall', packs: new Map([['you/1', [first, last]]]), by: new Map([['you/1', [by, by]]]) }
}

function frameOf(packs: string, content: number): Extract<LedgerMessage<number>, { type: 'frame' }> {
  return { ...frame(packs, content), type: 'frame' } as Extract<Message, { type: 'frame' }>
}

function judged(ledger: Ledger<number>, packs: string, content: number): { content: number; packs: number } {
  return ledger.remainder('down', frameOf(packs, content))
}

test('a frame is judged by what it comes to with what it takes back', () => {
  const ledger = linked({ down: 'child' })
  ledger.received('down', frame('you/1 1', 5), 0)
  ledger.received('down', frame('you/1 2-3', 100), 0)
  deepStrictEqual(judged(ledger, 'you/1 5', -100), { content: -100, packs: 1 })
  ledger.received('down', recall(2, 3, 5), 0)
  deepStrictEqual(judged(ledger, 'you/1 5', -100), { content: 0, packs: 3 })
  deepStrictEqual(judged(ledger, 'you/1 4-6', -90), { content: 10, packs: 5 })
  // What is taken back is in the frame.
  deepStrictEqual(judged(ledger, 'you/1 2-5', 10), { content: 10, packs: 4 })
  // Which of them 2 was, the log cannot tell.
  deepStrictEqual(judged(ledger, 'you/1 3-5', -50), { content: -50, packs: 3 })
  ledger.close('down', 0)
  deepStrictEqual(judged(ledger, 'you/1 5', -100), { content: -100, packs: 1 })
})

test('what was refused is remembered, for others may bring it in before it is taken back', () => {
  const ledger = linked({ down: 'child' })
  deepStrictEqual(words(ledger.refuse('down', frameOf('you/1 1', 100))), ['down: refused you/1 1'])
  ledger.received('down', recall(1, 1, 2), 0)
  deepStrictEqual(judged(ledger, 'you/1 2', -100), { content: 0, packs: 2 })
  for (let pack = 1; pack <= 4; pack++) ledger.refuse('down', frameOf(`other ${pack}`, 100))
  deepStrictEqual(judged(ledger, 'you/1 2', -100), { content: -100, packs: 1 })
})

test('each pack is taken back once, by one that comes later', () => {
  const two = new Map([['you/1', [4, 5] as const]])
  const none = new Map()
  const wrong: Message[] = [
    recall(1, 2, 2),
    recall(2, 2, 1),
    { type: 'recall', packs: new Map([['you/1', [1, 2]]]), by: two },
    { type: 'recall', packs: new Map([['you/1', [1, 2]]]), by: none },
    { type: 'recall', packs: none, by: new Map([['you/1', [10, 10]]]) },
    recall(5, 9, 12)
  ]
  for (const message of wrong) {
    const ledger = linked({ down: 'child' })
    ledger.received('down', recall(4, 6, 8), 0)
    ledger.received('down', recall(7, 7, 9), 0)
    throws(() => ledger.received('down', message, 0), ProtocolError)
  }
})

test('no more is taken back than an honest peer does', () => {
  const ledger = linked({ down: 'child' })
  for (let n = 0; n < 64; n++) ledger.received('down', recall(2 * n + 1, 2 * n + 1, 2 * n + 2), 0)
  throws(() => ledger.received('down', recall(1000, 1000, 1001), 0), /64 at most/)
})
