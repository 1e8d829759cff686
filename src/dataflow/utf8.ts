/** A decoded character: its code point times 8, plus the bytes it takes; below 0 where the bytes are invalid. */
export type Decoded = number

/**
 * Decodes the character at `at`, which is not ASCII. Invalid bytes give minus the number of them that TextDecoder turns
 * into one U+FFFD.
 */
export function decodeAt(bytes: Uint8Array, at: number, end: number): Decoded {
  const first = bytes[at] as number
  if (first < 0xc2 || first > 0xf4) return -1
  const more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3
  // No longer forms than needed, no surrogates, nothing beyond U+10FFFF.
  let lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  let highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  let codePoint = first & (0x3f >> more)
  for (let i = 1; i <= more; i++) {
    const byte = at + i < end ? (bytes[at + i] as number) : 0
    if (byte < lowest || byte > highest) return -i
    lowest = 0x80
    highest = 0xbf
    codePoint = (codePoint << 6) | (byte & 0x3f)
  }
  return (codePoint << 3) | (more + 1)
}
