import { ACCUMULATOR_UNIT, Table } from './table'

/**
 * Adds what other replicas did to `count` distinct rows. rows u32 [count], increments i32 [count, dim] in the table's
 * unit, accumulators i32 [count] in ACCUMULATOR_UNIT, counts u32 [count].
 */
export function applyRows(
  table: Table, count: u32, rows: usize, increments: usize, accumulators: usize, counts: usize
): void {
  const rowBytes = <usize>table.dim << 2
  const unit = f32x4.splat(table.unit)
  for (let i: usize = 0; i < <usize>count; i++, increments += rowBytes) {
    const row = <usize>load<u32>(rows + (i << 2))
    const weights = table.weights + row * rowBytes
    const shared = table.shared + row * rowBytes
    for (let at: usize = 0; at < rowBytes; at += 16) {
      const increment = v128.load(increments + at)
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
