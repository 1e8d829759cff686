import { ACCUMULATOR_UNIT, Table } from './table'

/**
 * Puts rows `first` … `end - 1` whose weights are not finite or beyond ±limit back to unit · shared, and
 * their accumulators to the shared part; `limit` is finite.
 * Returns how many, and their numbers, ascending, in found: u32 [end - first].
 */
export function checkRows(table: Table, first: u32, end: u32, limit: f32, found: usize): u32 {
  const rowBytes = <usize>table.dim << 2
  const bound = f32x4.splat(limit)
  let count: u32 = 0
  for (let row = first; row < end; row++) {
    const weights = table.weights + <usize>row * rowBytes
    // Lanes that are not a number compare as false, so they count as out of bounds.
    let inside = i32x4.splat(-1)
    for (let at: usize = 0; at < rowBytes; at += 16) {
      inside = v128.and(inside, f32x4.le(f32x4.abs(v128.load(weights + at)), bound))
    }
    if (i32x4.all_true(inside)) continue
    restore(table, row)
    store<u32>(found + (<usize>count << 2), row)
    count++
  }
  return count
}

function restore(table: Table, row: u32): void {
  const rowBytes = <usize>table.dim << 2
  const weights = table.weights + <usize>row * rowBytes
  const shared = table.shared + <usize>row * rowBytes
  const unit = f32x4.splat(table.unit)
  for (let at: usize = 0; at < rowBytes; at += 16) {
    v128.store(weights + at, f32x4.mul(unit, f32x4.convert_i32x4_s(v128.load(shared + at))))
  }
  // An accumulator spoiled with the row would spoil it again at its next step.
  const slot = <usize>row << 2
  store<f32>(table.accumulator + slot, ACCUMULATOR_UNIT * <f32>load<i32>(table.sharedAccumulator + slot))
}
