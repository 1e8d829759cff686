// What a character is to the tokenizer. Unicode's own properties decide, asked once for each character that occurs.

/** Between words. */
export const SEPARATOR = 0
/** ' or ’, within a word where a letter or number stands on both sides. */
export const APOSTROPHE = 1
/** Begins a word or goes on with it. */
export const LETTER = 2
/** The same for digits and other numbers. */
export const NUMBER = 3
/** Goes on with a word: an accent, a vowel sign. */
export const MARK = 4
/** A word by itself with its marks, of a script without spaces: Han, Hiragana, Katakana. */
export const SINGLE = 5

/** Code points on a page. */
export const PAGE = 256

/** What is known of 256 consecutive code points. */
export interface CharacterPage {
  readonly kinds: Uint8Array
  /** Each character as UTF-8, its first byte lowest. */
  readonly plain: Uint32Array
  /** The same, lower-cased. */
  readonly lower: Uint32Array
}

const pages: (CharacterPage | undefined)[] = new Array(0x11_0000 / PAGE)

/** The page of a code point; the code point's place on it is its remainder by PAGE. */
export function pageOf(codePoint: number): CharacterPage {
  const number = Math.floor(codePoint / PAGE)
  pages[number] ??= makePage(number * PAGE)
  return pages[number]
}

function makePage(first: number): CharacterPage {
  const page = { kinds: new Uint8Array(PAGE), plain: new Uint32Array(PAGE), lower: new Uint32Array(PAGE) }
  for (let i = 0; i < PAGE; i++) {
    const character = String.fromCodePoint(first + i)
    page.kinds[i] = kindOf(character)
    page.plain[i] = packed(character)
    page.lower[i] = packed(character.toLowerCase())
  }
  return page
}

function kindOf(character: string): number {
  if (/['’]/.test(character)) return APOSTROPHE
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
