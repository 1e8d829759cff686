// What the machine can do at most, measured by the same means as the kernels.

import { madd } from './simd'

/** Copies `bytes` from one place to another. */
export function copyRoof(to: usize, from: usize, bytes: usize): void {
  memory.copy(to, from, bytes)
}

/**
 * Runs `rounds` of 48 multiply-adds: twelve chains of four lanes, enough to fill the pipelines. Each chain takes from its
 * neighbour, so that no product is constant; `factor` should be small enough that the sums stay where they are. The
 * result is returned only so that they are not optimised away.
 */
export function maddRoof(rounds: u32, start: f32, factor: f32): f32 {
  // An argument, because V8 makes a constant vector anew at each use: three instructions for every multiply-add.
  const by = f32x4.splat(factor)
  // Different starts, or the chains would be one.
  let a = f32x4.splat(start), b = f32x4.splat(start + 1), c = f32x4.splat(start + 2), d = f32x4.splat(start + 3)
  let e = f32x4.splat(start + 4), f = f32x4.splat(start + 5), g = f32x4.splat(start + 6), h = f32x4.splat(start + 7)
  let i = f32x4.splat(start + 8), j = f32x4.splat(start + 9), k = f32x4.splat(start + 10), l = f32x4.splat(start + 11)
  for (let round: u32 = 0; round < rounds; round++) {
    a = madd(b, by, a)
    b = madd(c, by, b)
    c = madd(d, by, c)
    d = madd(e, by, d)
    e = madd(f, by, e)
    f = madd(g, by, f)
    g = madd(h, by, g)
    h = madd(i, by, h)
    i = madd(j, by, i)
    j = madd(k, by, j)
    k = madd(l, by, k)
    l = madd(a, by, l)
  }
  const abcd = f32x4.add(f32x4.add(a, b), f32x4.add(c, d))
  const efgh = f32x4.add(f32x4.add(e, f), f32x4.add(g, h))
  const ijkl = f32x4.add(f32x4.add(i, j), f32x4.add(k, l))
  return f32x4.extract_lane(f32x4.add(abcd, f32x4.add(efgh, ijkl)), 0)
}
