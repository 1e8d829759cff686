/** The finaliser every random number goes through; a bijection of 32 bits. */
export function mix(value: number): number {
  let x = value >>> 0
  x ^= x >>> 16
  x = Math.imul(x, 0x21f0aaad)
  x ^= x >>> 15
  x = Math.imul(x, 0x735a2d97)
  x ^= x >>> 15
  return x >>> 0
}

/** The `counter`-th random u32 of `key`. */
export function random(key: number, counter: number): number {
  return mix((key + Math.imul(counter, 0x9e3779b9)) >>> 0)
}

/** A random u32 spread over `limit` columns: which column it fell into, and how far (u32) into that column. */
export function below(value: number, limit: number): { column: number; fraction: number } {
  const product = BigInt(value) * BigInt(limit)
  return { column: Number(product >> 32n), fraction: Number(product & 0xffff_ffffn) }
}
