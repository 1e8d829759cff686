// The arithmetic of one window of skip-gram: products, errors, gradients and steps of its rows.
//
//   x [contexts, dim], y [6, dim]    rows of the input and the output table, given by their addresses
//   errors [contexts, 6]             x · yᵀ first, then e = label - σ(x · yᵀ)
//   gradient of x = e · y, gradient of y = eᵀ · x
//
// Outputs are taken six at a time: six rows times two contexts fill the sixteen vector registers.

import { madd } from './simd'

/** Output rows taken together. Where a window has fewer, a row of zeros stands in and its errors are set to zero. */
export const BLOCK: usize = 6

/** The `index`-th of a list of u32. */
// @ts-ignore: decorator
@inline
export function slotAt(base: usize, index: usize): u32 {
  return load<u32>(base + (index << 2))
}

/** Sums of four vectors, in one. */
// @ts-ignore: decorator
@inline
function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7))
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7))
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7))
}

/** Dot products of six output rows with every context: f32 [contexts][6]. */
export function dots(outputs: usize, contexts: usize, count: usize, rowBytes: usize, errors: usize): void {
  const y0 = load<usize>(outputs)
  const y1 = load<usize>(outputs, 4)
  const y2 = load<usize>(outputs, 8)
  const y3 = load<usize>(outputs, 12)
  const y4 = load<usize>(outputs, 16)
  const y5 = load<usize>(outputs, 20)
  let i: usize = 0
  for (; i + 1 < count; i += 2) {
    const xa = load<usize>(contexts + (i << 2))
    const xb = load<usize>(contexts + (i << 2), 4)
    let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0
    let b0 = a0, b1 = a0, b2 = a0, b3 = a0, b4 = a0, b5 = a0
    for (let at: usize = 0; at < rowBytes; at += 16) {
      const a = v128.load(xa + at)
      const b = v128.load(xb + at)
      let y = v128.load(y0 + at)
      a0 = madd(a, y, a0)
      b0 = madd(b, y, b0)
      y = v128.load(y1 + at)
      a1 = madd(a, y, a1)
      b1 = madd(b, y, b1)
      y = v128.load(y2 + at)
      a2 = madd(a, y, a2)
      b2 = madd(b, y, b2)
      y = v128.load(y3 + at)
      a3 = madd(a, y, a3)
      b3 = madd(b, y, b3)
      y = v128.load(y4 + at)
      a4 = madd(a, y, a4)
      b4 = madd(b, y, b4)
      y = v128.load(y5 + at)
      a5 = madd(a, y, a5)
      b5 = madd(b, y, b5)
    }
    const to = errors + i * 24
    v128.store(to, sums(a0, a1, a2, a3))
    v128.store(to, sums(a4, a5, b0, b1), 16)
    v128.store(to, sums(b2, b3, b4, b5), 32)
  }
  if (i < count) {
    const xa = load<usize>(contexts + (i << 2))
    let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0
    for (let at: usize = 0; at < rowBytes; at += 16) {
      const a = v128.load(xa + at)
      a0 = madd(a, v128.load(y0 + at), a0)
      a1 = madd(a, v128.load(y1 + at), a1)
      a2 = madd(a, v128.load(y2 + at), a2)
      a3 = madd(a, v128.load(y3 + at), a3)
      a4 = madd(a, v128.load(y4 + at), a4)
      a5 = madd(a, v128.load(y5 + at), a5)
    }
    const to = errors + i * 24
    v128.store(to, sums(a0, a1, a2, a3))
    v128.store(to, sums(a4, a5, a4, a5), 16)
  }
}

/** 1 / (1 + 2^-t), t = x·log2(e); 2^f by its Taylor series on [-0.5, 0.5], relative error below 2e-7. */
// @ts-ignore: decorator
@inline
function sigmoid(x: v128): v128 {
  const t = f32x4.max(f32x4.min(f32x4.mul(x, f32x4.splat(-1.44269504)), f32x4.splat(80)), f32x4.splat(-80))
  const n = f32x4.nearest(t)
  const f = f32x4.sub(t, n)
  let p = madd(f, f32x4.splat(1.5403530e-4), f32x4.splat(1.3333558e-3))
  p = madd(f, p, f32x4.splat(9.6181291e-3))
  p = madd(f, p, f32x4.splat(5.5504109e-2))
  p = madd(f, p, f32x4.splat(2.4022651e-1))
  p = madd(f, p, f32x4.splat(6.9314718e-1))
  p = madd(f, p, f32x4.splat(1))
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23)
  return f32x4.div(f32x4.splat(1), madd(p, power, f32x4.splat(1)))
}

/** Turns one block's dots into errors in place; label 1 belongs to the first output of the first block. */
export function errorsOf(errors: usize, contexts: usize, outputs: usize, first: bool): void {
  const one: f32 = first ? 1 : 0
  const zero = f32x4.splat(0)
  const label0 = f32x4.replace_lane(zero, 0, one)
  const label1 = f32x4.replace_lane(zero, 2, one)
  const end = errors + contexts * 24
  for (let at = errors; at < end; at += 48) {
    v128.store(at, f32x4.sub(label0, sigmoid(v128.load(at))))
    v128.store(at, f32x4.sub(label1, sigmoid(v128.load(at, 16))), 16)
    v128.store(at, f32x4.sub(zero, sigmoid(v128.load(at, 32))), 32)
  }
  for (let j = outputs; j < BLOCK; j++) {
    for (let at = errors; at < end; at += 24) store<f32>(at + (j << 2), 0)
  }
}

/** Gradients of one block: that of the six outputs whole, that of the contexts added to what earlier blocks gave. */
export function gradients(
  outputs: usize, contexts: usize, count: usize, rowBytes: usize,
  errors: usize, contextGradients: usize, outputGradients: usize, first: bool
): void {
  const y0 = load<usize>(outputs)
  const y1 = load<usize>(outputs, 4)
  const y2 = load<usize>(outputs, 8)
  const y3 = load<usize>(outputs, 12)
  const y4 = load<usize>(outputs, 16)
  const y5 = load<usize>(outputs, 20)
  const end = errors + count * 24
  for (let at: usize = 0; at < rowBytes; at += 16) {
    const o0 = v128.load(y0 + at)
    const o1 = v128.load(y1 + at)
    const o2 = v128.load(y2 + at)
    const o3 = v128.load(y3 + at)
    const o4 = v128.load(y4 + at)
    const o5 = v128.load(y5 + at)
    let g0 = f32x4.splat(0), g1 = g0, g2 = g0, g3 = g0, g4 = g0, g5 = g0
    let context = contexts
    let to = contextGradients + at
    for (let error = errors; error < end; error += 24) {
      const x = v128.load(load<usize>(context) + at)
      let e = v128.load32_splat(error)
      let g = first ? f32x4.mul(e, o0) : madd(e, o0, v128.load(to))
      g0 = madd(e, x, g0)
      e = v128.load32_splat(error, 4)
      g = madd(e, o1, g)
      g1 = madd(e, x, g1)
      e = v128.load32_splat(error, 8)
      g = madd(e, o2, g)
      g2 = madd(e, x, g2)
      e = v128.load32_splat(error, 12)
      g = madd(e, o3, g)
      g3 = madd(e, x, g3)
      e = v128.load32_splat(error, 16)
      g = madd(e, o4, g)
      g4 = madd(e, x, g4)
      e = v128.load32_splat(error, 20)
      g = madd(e, o5, g)
      g5 = madd(e, x, g5)
      v128.store(to, g)
      context += 4
      to += rowBytes
    }
    let out = outputGradients + at
    v128.store(out, g0)
    out += rowBytes
    v128.store(out, g1)
    out += rowBytes
    v128.store(out, g2)
    out += rowBytes
    v128.store(out, g3)
    out += rowBytes
    v128.store(out, g4)
    out += rowBytes
    v128.store(out, g5)
  }
}

/** The mean square of a row of gradients. */
// @ts-ignore: decorator
@inline
function meanSquare(gradient: usize, rowBytes: usize): f32 {
  let a = f32x4.splat(0), b = a
  let at: usize = 0
  for (; at + 16 < rowBytes; at += 32) {
    const u = v128.load(gradient + at)
    const v = v128.load(gradient + at, 16)
    a = madd(u, u, a)
    b = madd(v, v, b)
  }
  if (at < rowBytes) {
    const u = v128.load(gradient + at)
    a = madd(u, u, a)
  }
  a = f32x4.add(a, b)
  const sum = f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3)
  return sum / f32(rowBytes >> 2)
}

/** Applies the gradients of `count` rows: row += m · rate · g, divided by √(initial + G) for Adagrad. */
export function step(
  slots: usize, rows: usize, count: usize, gradient: usize, rowBytes: usize,
  accumulator: usize, multiplier: usize, hits: usize, rate: f32, sgd: bool, initial: f32
): void {
  for (let i: usize = 0; i < count; i++, gradient += rowBytes) {
    const slot = <usize>slotAt(slots, i) << 2
    const row = load<usize>(rows + (i << 2))
    const m = load<f32>(multiplier + slot)
    store<u32>(hits + slot, load<u32>(hits + slot) + 1)
    let scale = m * rate
    if (!sgd) {
      const total = load<f32>(accumulator + slot) + m * meanSquare(gradient, rowBytes)
      if (!(initial + total > 0)) continue
      store<f32>(accumulator + slot, total)
      scale /= sqrt<f32>(initial + total)
    }
    const by = f32x4.splat(scale)
    for (let at: usize = 0; at < rowBytes; at += 16) {
      v128.store(row + at, madd(by, v128.load(gradient + at), v128.load(row + at)))
    }
  }
}
