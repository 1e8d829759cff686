// A text as numbers of rows: what the classifier sees of it.

import { mix } from './mix.ts'

/** Every text has it, so that one without any word is something too, and all have something in common. */
const END_ROW = 0
/** Words, of which an apostrophe may be part; what people write with punctuation; addresses and names, each as one kind of word. */
const TOKEN =
  /https?:\S+|www\.\S+|@\w+|[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*|[!?]+|[:;=8][-o*']?[()[\]dp/\\|]|<3/gu
const ADDRESS = /^(?:https?:|www\.)/

/** The words of a text, in lower case; addresses are `http`, names of people (`@somebody`) `@`. */
export function tokensOf(text: string): string[] {
  const tokens: string[] = text.toLowerCase().match(TOKEN) ?? []
  return tokens.map(token => {
    if (token.startsWith('@')) return '@'
    return ADDRESS.test(token) ? 'http' : token
  })
}

/**
 * The rows, of `rows` (a power of two) in all, that stand for a text's tokens, and with `pairs` for each two that follow one
 * another; a row as often as it occurs, row 0 once. Words share rows by hash.
 */
export function rowsOf(tokens: readonly string[], rows: number, pairs: boolean): number[] {
  const found = [END_ROW]
  let before = 0
  for (const [i, token] of tokens.entries()) {
    const hash = hashOf(token)
    found.push(1 + (hash % (rows - 1)))
    if (pairs && i > 0) found.push(1 + (mix(Math.imul(before, 0x9e3779b1) ^ hash) % (rows - 1)))
    before = hash
  }
  return found
}

/** FNV-1a of the UTF-16 code units, mixed. Rows are kept by it, so it must never change. */
function hashOf(text: string): number {
  let sum = 0x811c9dc5
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193)
  return mix(sum)
}
