import { strictEqual } from 'node:assert'
import { test } from 'node:test'
import { LETTER, MARK, NUMBER, PAGE, pageOf, SEPARATOR, SINGLE } from '../../src/dataflow/characters.ts'

function kindOf(character: string): number | undefined {
  const codePoint = character.codePointAt(0) as number
  return pageOf(codePoint).kinds[codePoint % PAGE]
}

test('characters are of the kind that Unicode says', () => {
  for (const [characters, kind] of [
    ['aZéßжאع한ไ𝔘ˈﬁ', LETTER],
    ['0٣½Ⅳ²', NUMBER],
    ['\u0301\u093F\u20E3\uFE0F', MARK],
    ['漢〇々ひカｶ', SINGLE],
    [' \t-_.,€😀❤\u200D\uFFFD⺀。', SEPARATOR]
  ] as const) {
    for (const character of characters) strictEqual(kindOf(character), kind, JSON.stringify(character))
  }
})

test('every character, lower-cased, fits in four bytes and takes at most half as many more than itself', () => {
  const encoder = new TextEncoder()
  for (let codePoint = 0; codePoint < 0x11_0000; codePoint++) {
    if (codePoint >= 0xd800 && codePoint < 0xe000) continue
    const character = String.fromCodePoint(codePoint)
    const lower = character.toLowerCase()
    if (lower === character) continue
    const [before, after] = [encoder.encode(character).length, encoder.encode(lower).length]
    strictEqual(after <= 4 && after <= before * 1.5, true, `U+${codePoint.toString(16)}`)
  }
})
