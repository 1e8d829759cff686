// What training did to the touched rows since they were last packed, as small numbers with a shift (the law is in
// kernels/contract.ts). Plain f32 arithmetic and rounding half to even, so that other devices can give the same
// integers; no fused multiply-add.

import { largestLane } from './simd'
import { ACCUMULATOR_UNIT, Table } from './table'

const MOST: f32 = 7 // of four bits with a sign
const GREATEST_SHIFT: i32 = 24

/** How many of rows 0 … rows-1 are touched. */
export function countTouched(table: Table, rows: u32): u32 {
  let touched: u32 = 0
  const end = table.hits + (<usize>rows << 2)
  for (let at = table.hits; at < end; at += 4) touched += u32(load<u32>(at) != 0)
  return touched
}

/**
 * Packs touched rows from `first` on, lowest first, until `room` rows are taken or row `end` is reached; returns how
 * many. A row is worked on by `replicas` at most. Out: rows u32 [room], shifts u8 [room], values i8 [room, dim], accumulators i32 [room].
 */
export function packRows(
  table: Table, first: u32, end: u32, room: u32, replicas: f32,
  rows: usize, shifts: usize, values: usize, accumulators: usize
): u32 {
  const dim = <usize>table.dim
  let taken: usize = 0
  for (let row = first; row < end && taken < <usize>room; row++) {
    const slot = <usize>row << 2
    if (load<u32>(table.hits + slot) == 0) continue
    const multiplier = load<f32>(table.multiplier + slot)
    const workers = min<f32>(1 + <f32>load<u32>(table.contributions + slot), replicas)
    const shift = packValues(table, row, 1 / max<f32>(multiplier, workers), values + taken * dim)
    if (shift < 0) continue
    store<u32>(rows + (taken << 2), row)
    store<u8>(shifts + taken, <u8>shift)
    store<i32>(accumulators + (taken << 2), packAccumulator(table, slot, multiplier))
    store<f32>(table.multiplier + slot, (multiplier + workers) * 0.5)
    store<u32>(table.contributions + slot, 0)
    store<u32>(table.hits + slot, 0)
    taken++
  }
  return <u32>taken
}

/** Packs α times what a row has learned; returns the shift, or -1, leaving the row alone, where nothing can be sent. */
function packValues(table: Table, row: u32, alpha: f32, values: usize): i32 {
  const rowBytes = <usize>table.dim << 2
  const weights = table.weights + <usize>row * rowBytes
  const shared = table.shared + <usize>row * rowBytes
  const unit = f32x4.splat(table.unit)
  const share = f32x4.splat(alpha)

  // Sizes are compared as integers: in that order infinity and what is not a number come last, and it is one instruction.
  let most = i32x4.splat(0)
  for (let at: usize = 0; at < rowBytes; at += 16) {
    const before = f32x4.mul(unit, f32x4.convert_i32x4_s(v128.load(shared + at)))
    const change = f32x4.mul(share, f32x4.sub(v128.load(weights + at), before))
    most = i32x4.max_s(most, f32x4.abs(change))
  }
  // A half rounds to zero. Where a value is not a number `largest` is none either, and both comparisons are false.
  const largest = reinterpret<f32>(largestLane(most)) / table.unit
  if (!(largest > 0.5 && largest <= MOST * <f32>(1 << GREATEST_SHIFT))) return -1
  let shift = 0
  let step: f32 = 1
  while (largest > MOST * step) {
    shift++
    step *= 2
  }

  // Added to a small number, it leaves the nearest integer (half to even) in the low bits.
  const rounder = f32x4.splat(12582912) // 1.5 · 2^23
  const perStep = f32x4.splat(1 / (table.unit * step))
  for (let at: usize = 0; at < rowBytes; at += 16) {
    const old = v128.load(shared + at)
    const before = f32x4.mul(unit, f32x4.convert_i32x4_s(old))
    const change = f32x4.mul(share, f32x4.sub(v128.load(weights + at), before))
    const q = i32x4.sub(f32x4.add(f32x4.mul(change, perStep), rounder), rounder)
    v128.store(shared + at, i32x4.add(old, i32x4.shl(q, shift)))
    if (alpha < 1) v128.store(weights + at, f32x4.add(before, change))
    const narrow = i16x8.narrow_i32x4_s(q, q)
    v128.store32_lane(values + (at >>> 2), i8x16.narrow_i16x8_s(narrow, narrow), 0)
  }
  return shift
}

/** Hands on the accumulator's growth, less the amplification; what rounding left stays. */
function packAccumulator(table: Table, slot: usize, multiplier: f32): i32 {
  const agreed = load<i32>(table.sharedAccumulator + slot)
  const before = ACCUMULATOR_UNIT * <f32>agreed
  const growth: f32 = (load<f32>(table.accumulator + slot) - before) / multiplier
  const units = <i32>nearest<f32>(growth / ACCUMULATOR_UNIT)
  store<i32>(table.sharedAccumulator + slot, agreed + units)
  if (multiplier != 1) store<f32>(table.accumulator + slot, before + growth)
  return units
}
