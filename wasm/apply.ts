import { ACCUMULATOR_UNIT, Table } from './table'

/**
 * Adds what other replicas did to `count` distinct rows. rows u32 [count], increments of `width` bytes each [count, dim]
 * in the table's unit, to be shifted by shifts u8 [count], accumulators i32 [count] in ACCUMULATOR_UNIT, counts u32 [count].
 */
export function applyRows(
  table: Table, count: u32, width: u32,
  rows: usize, increments: usize, shifts: usize, accumulators: usize, counts: usize
): void {
  const rowBytes = <usize>table.dim << 2
  const unit = f32x4.splat(table.unit)
  const step = <usize>width << 2
  for (let i: usize = 0; i < <usize>count; i++) {
    const shift = <i32>load<u8>(shifts + i)
    const row = <usize>load<u32>(rows + (i << 2))
    const weights = table.weights + row * rowBytes
    const shared = table.shared + row * rowBytes
    for (let at: usize = 0; at < rowBytes; at += 16, increments += step) {
      const increment = i32x4.shl(loadFour(increments, width), shift)
      v128.store(shared + at, i32x4.add(v128.load(shared + at), increment))
      const change = f32x4.mul(unit, f32x4.convert_i32x4_s(increment))
      v128.store(weights + at, f32x4.add(v128.load(weights + at), change))
    }
    const slot = row << 2
    const growth = load<i32>(accumulators + (i << 2))
    store<i32>(table.sharedAccumulator + slot, load<i32>(table.sharedAccumulator + slot) + growth)
    store<f32>(table.accumulator + slot, load<f32>(table.accumulator + slot) + ACCUMULATOR_UNIT * <f32>growth)
    store<u32>(table.contributions + slot, load<u32>(table.contributions + slot) + load<u32>(counts + (i << 2)))
  }
}

/** Four signed numbers of 1, 2 or 4 bytes. */
// @ts-ignore: decorator
@inline
function loadFour(from: usize, width: u32): v128 {
  if (width == 1) return i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(from)))
  return width == 2 ? v128.load_ext<i16>(from) : v128.load(from)
}
