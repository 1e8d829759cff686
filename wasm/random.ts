// The random numbers of kernels/contract.ts: functions of a key and a counter.

// @ts-ignore: decorator
@inline
export function mix(x: u32): u32 {
  x ^= x >>> 16
  x *= 0x21f0aaad
  x ^= x >>> 15
  x *= 0x735a2d97
  return x ^ (x >>> 15)
}

// @ts-ignore: decorator
@inline
export function random(key: u32, counter: u32): u32 {
  return mix(key + counter * 0x9e3779b9)
}
