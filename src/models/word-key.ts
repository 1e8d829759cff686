// The key of a word: 64 bits of its UTF-8 bytes, as two u32. Rows of a word model are named by it in files and between
// peers, so these numbers are a format: they must never change.
//
//   a, b = 0x243f6a88 ^ bytes, 0x85a308d3
//   for each piece of 4 bytes, little-endian, the last one filled up with zeros:
//     a = (a ^ piece) * 0x9e3779b1;   b = (b ^ rotl(piece, 16)) * 0x85ebca77
//     a ^= b >>> 15;                  b ^= a >>> 13
//   b += a; a += b; a = mix(a); b = mix(b); b += a; a += b, with murmur3's mix; low, high = a, b

/** Writes the key of the word `bytes[start … end)` to `key[0]` (low) and `key[1]` (high). */
export function wordKey(bytes: Uint8Array, start: number, end: number, key: Uint32Array): void {
  let a = 0x243f6a88 ^ (end - start)
  let b = 0x85a308d3
  let at = start
  while (at < end) {
    const left = end - at
    let piece = bytes[at]
    if (left >= 4) piece |= (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
    else if (left === 3) piece |= (bytes[at + 1] << 8) | (bytes[at + 2] << 16)
    else if (left === 2) piece |= bytes[at + 1] << 8
    a = Math.imul(a ^ piece, 0x9e3779b1)
    b = Math.imul(b ^ ((piece << 16) | (piece >>> 16)), 0x85ebca77)
    a ^= b >>> 15
    b ^= a >>> 13
    at += 4
  }
  b = (b + a) | 0
  a = finish((a + b) | 0)
  b = finish(b)
  b = (b + a) | 0
  key[0] = a + b
  key[1] = b
}

const encoder = new TextEncoder()

/** The key of a word given as text: [low, high]. */
export function keyOf(word: string): Uint32Array<ArrayBuffer> {
  const bytes = encoder.encode(word)
  const key = new Uint32Array(2)
  wordKey(bytes, 0, bytes.length, key)
  return key
}

function finish(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}
