import type { Store } from '../types.ts'

/** A text to train on, that can be opened at a place. */
export interface Text {
  /** What to call it; with the same name it is the same text. */
  readonly name: string
  /** Whether it can be gone on with at a position; what cannot (standard input) is always taken from where it is. */
  readonly resumable: boolean
  /** Whether it may have no end: what is not there yet is waited for. */
  readonly growing?: boolean
  /** What peers that read the same text call it, where that is known without reading it; empty where it is this peer's own. */
  readonly source?: string
  /** Its lines from a byte on; ends when the signal aborts. */
  open(from: number, signal: AbortSignal): AsyncIterable<string>
}

// A checkpoint's position belongs to the text it was made on. This file says which, and since when.
const FILE = 'text.json'

/**
 * The byte at which a model that has read `words` words goes on with a text: `position` if the checkpoint was made on this
 * text, else its start. A text that is new to the model is noted in the store.
 */
export async function placeOf(text: Text, store: Store, words: number, position: number): Promise<number> {
  const noted = await read(store)
  // Noted, but no checkpoint was made since: the position is still that of the text before.
  if (text.resumable && noted?.name === text.name) return noted.sinceWords === words ? 0 : position
  await note(text, store, words)
  return 0
}

/** Notes that a model trains on this text since it has read `words` words. */
export async function note(text: Text, store: Store, words: number): Promise<void> {
  const json = `${JSON.stringify({ name: text.name, sinceWords: words }, null, 2)}\n`
  await store.write(FILE, [new TextEncoder().encode(json)])
}

async function read(store: Store): Promise<{ name: unknown; sinceWords: unknown } | undefined> {
  const size = await store.size(FILE)
  if (size === undefined) return undefined
  try {
    const { name, sinceWords } = JSON.parse(new TextDecoder().decode(await store.read(FILE, 0, size)))
    return { name, sinceWords }
  } catch {
    return undefined
  }
}
