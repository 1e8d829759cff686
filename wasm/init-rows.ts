// New rows, drawn from their keys (the law is in kernels/contract.ts): integers throughout, so that a row is the same
// wherever it is first met.

import { mix } from './random'
import { Table } from './table'

/**
 * Fills rows `first` … `first + count - 1`; keys: u32 [count, 2], low and high. The table's unit is 2^-(20 + finer); what is
 * drawn in units of 2^-20 is turned into it, truncated. With divisor 0 the rows are zero.
 */
export function initRows(table: Table, first: u32, count: u32, keys: usize, divisor: u32, finer: i32, multiplier: f32): void {
  const rowBytes = <usize>table.dim << 2
  for (let i: u32 = 0; i < count; i++) {
    const slot = <usize>(first + i) << 2
    const row = slot * <usize>table.dim
    if (divisor > 0) {
      const key = mix(load<u32>(keys + (<usize>i << 3), 4) ^ mix(load<u32>(keys + (<usize>i << 3))))
      drawRow(table, table.shared + row, table.weights + row, key, divisor, finer)
    } else {
      memory.fill(table.shared + row, 0, rowBytes)
      memory.fill(table.weights + row, 0, rowBytes)
    }
    store<f32>(table.accumulator + slot, 0)
    store<i32>(table.sharedAccumulator + slot, 0)
    store<f32>(table.multiplier + slot, multiplier)
    store<u32>(table.contributions + slot, 0)
    store<u32>(table.hits + slot, 0)
  }
}

function drawRow(table: Table, shared: usize, weights: usize, key: u32, divisor: u32, finer: i32): void {
  const rowBytes = <usize>table.dim << 2
  const unit = f32x4.splat(table.unit)
  // Numbers of 24 bits over one of 15: a quotient in f64 is exact enough to be cut to the right integer.
  const over = f64x2.splat(<f64>divisor)
  const below = i32x4.splat((1 << -finer) - 1) // added to negative values, makes a shift to the right truncate
  const golden: u32 = 0x9e3779b9
  let counters = i32x4.add(i32x4.splat(key), i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(golden)))
  for (let at: usize = 0; at < rowBytes; at += 16) {
    const drawn = i32x4.sub(i32x4.shr_u(mix4(counters), 8), i32x4.splat(1 << 23))
    const low = f64x2.div(f64x2.convert_low_i32x4_s(drawn), over)
    const high = f64x2.div(f64x2.convert_low_i32x4_s(v128.shuffle<i32>(drawn, drawn, 2, 3, 2, 3)), over)
    let value = v128.shuffle<i32>(
      i32x4.trunc_sat_f64x2_s_zero(low), i32x4.trunc_sat_f64x2_s_zero(high), 0, 1, 4, 5
    )
    if (finer > 0) value = i32x4.shl(value, finer)
    else if (finer < 0) value = i32x4.shr_s(i32x4.add(value, v128.and(i32x4.shr_s(value, 31), below)), -finer)
    v128.store(shared + at, value)
    v128.store(weights + at, f32x4.mul(unit, f32x4.convert_i32x4_s(value)))
    counters = i32x4.add(counters, i32x4.splat(golden * 4))
  }
}

/** `mix` of four numbers. */
// @ts-ignore: decorator
@inline
function mix4(x: v128): v128 {
  x = v128.xor(x, i32x4.shr_u(x, 16))
  x = i32x4.mul(x, i32x4.splat(0x21f0aaad))
  x = v128.xor(x, i32x4.shr_u(x, 15))
  x = i32x4.mul(x, i32x4.splat(0x735a2d97))
  return v128.xor(x, i32x4.shr_u(x, 15))
}
