import { closeSync, createReadStream, existsSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'
import { demoText } from '../src/cli/demo-text.ts'
import { root } from './machine.ts'

/** A tokenised text that every program reads: words of `[a-z']` with a space between, lines as in the source, none empty. */
export interface Corpus {
  readonly path: string
  /** Where the text is from. */
  readonly source: string
  readonly words: number
  readonly lines: number
}

const NOVELS = join(root, '../shared/data/text/novels100.txt.gz')

/** Whether the novels are there. */
export const hasNovels = existsSync(NOVELS)

const SPACE = 0x20
const LINE_END = 0x0a

/**
 * Writes the corpus into a folder: 100 English novels where they are, else the demo's text. Ends after the line in which the
 * first `share` of the text, or the `words`-th word, is reached.
 */
export async function writeCorpus(
  folder: string,
  limit: { share?: number; words?: number } = {},
  text: 'novels' | 'demo' = existsSync(NOVELS) ? 'novels' : 'demo'
): Promise<Corpus> {
  const path = join(folder, 'corpus.txt')
  const whole = text === 'novels' ? NOVEL_WORDS : DEMO_WORDS
  const wanted = limit.words ?? Math.ceil((limit.share ?? 1) * whole)
  const cutter = new Cutter(
    limit.words === undefined && limit.share === undefined ? Number.POSITIVE_INFINITY : wanted
  )
  const file = openSync(path, 'w')
  try {
    for await (const bytes of text === 'novels' ? novels() : demo()) {
      writeSync(file, cutter.cut(bytes))
      if (cutter.done) break
    }
    writeSync(file, cutter.end())
  } finally {
    closeSync(file)
  }
  const source = text === 'novels' ? '100 English novels' : "the demo's text"
  return { path, source, words: cutter.words, lines: cutter.lines }
}

// What the whole texts have, for shares of them.
const NOVEL_WORDS = 14_200_000
const DEMO_WORDS = 4_000_000

/** The first bytes of the novels as they are, else of the demo's text. */
export async function readText(bytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of existsSync(NOVELS) ? novels() : demo()) {
    parts.push(part)
    length += part.length
    if (length >= bytes) break
  }
  return Buffer.concat(parts).subarray(0, bytes)
}

async function* novels(): AsyncGenerator<Uint8Array> {
  yield* createReadStream(NOVELS).pipe(createGunzip({ chunkSize: 2 ** 18 }))
}

async function* demo(): AsyncGenerator<Uint8Array> {
  for await (const chunk of (await demoText()).chunks()) yield Buffer.from([...chunk, ''].join('\n'))
}

/** Turns bytes of text into the corpus' form; every other byte than a letter or an apostrophe stands between words. */
class Cutter {
  words = 0
  lines = 0
  readonly #most: number
  #inWord = false
  #wordsOfLine = 0

  constructor(most: number) {
    this.#most = most
  }

  get done(): boolean {
    return this.words >= this.#most && this.#wordsOfLine === 0 && !this.#inWord
  }

  cut(bytes: Uint8Array): Uint8Array {
    const out = Buffer.allocUnsafe(bytes.length * 2)
    let filled = 0
    for (const byte of bytes) {
      const low = byte | 0x20
      const isLetter = low >= 0x61 && low <= 0x7a
      if (isLetter || byte === 0x27) {
        if (!this.#inWord && this.#wordsOfLine > 0) out[filled++] = SPACE
        this.#inWord = true
        out[filled++] = isLetter ? low : byte
        continue
      }
      this.#endWord()
      if (byte !== LINE_END || this.#wordsOfLine === 0) continue
      out[filled++] = LINE_END
      this.lines++
      this.#wordsOfLine = 0
      if (this.done) break
    }
    return out.subarray(0, filled)
  }

  end(): Uint8Array {
    return this.cut(Uint8Array.of(LINE_END))
  }

  #endWord(): void {
    if (!this.#inWord) return
    this.#inWord = false
    this.#wordsOfLine++
    this.words++
  }
}
