// What a character is to the tokenizer. Unicode's own properties decide, asked once for each character that occurs.

/** Between words. */
export const SEPARATOR = 0
/** Begins a word or goes on with it: a letter. */
export const LETTER = 1
/** The same for a digit or another number. */
export const NUMBER = 2
/** Goes on with a word: an accent, a vowel sign. */
export const MARK = 3
/** A word by itself, of a script that has no spaces: Han, Hiragana, Katakana. */
export const SINGLE = 4

const PAGE = 256

/** Properties of 256 consecutive code points. */
export interface CharacterPage {
  readonly kinds: Uint8Array
  /** Each code point, lower-cased, as UTF-8, its first byte lowest. */
  readonly lower: Uint32Array
  /** The same without lower-casing. */
  readonly same: Uint32Array
}

const pages: (CharacterPage | undefined)[] = new Array(0x11_0000 / PAGE)

/** The page of a code point; the code point's place on it is its low 8 bits. */
export function pageOf(codePoint: number): CharacterPage {
  const number = codePoint >>> 8
  pages[number] ??= makePage(number * PAGE)
  return pages[number]
}

function makePage(first: number): CharacterPage {
  const page = { kinds: new Uint8Array(PAGE), lower: new Uint32Array(PAGE), same: new Uint32Array(PAGE) }
  for (let i = 0; i < PAGE; i++) {
    const character = String.fromCodePoint(first + i)
    page.kinds[i] = kindOf(character)
    page.lower[i] = packed(character.toLowerCase())
    page.same[i] = packed(character)
  }
  return page
}

function kindOf(character: string): number {
  if (/\p{M}/u.test(character)) return MARK
  if (!/[\p{L}\p{N}]/u.test(character)) return SEPARATOR
  if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(character)) return SINGLE
  return /\p{N}/u.test(character) ? NUMBER : LETTER
}

const encoder = new TextEncoder()

function packed(text: string): number {
  const bytes = encoder.encode(text)
  if (bytes.length > 4) throw new Error(`internal: ${text} has ${bytes.length} bytes, wanted at most 4`)
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0)
}
