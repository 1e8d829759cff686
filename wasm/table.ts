/** Where a table's fields lie; written by kernels/wasm/table.ts. */
@unmanaged
export class Table {
  weights: usize // f32 [capacity, dim]
  shared: usize // i32 [capacity, dim], in `unit`
  accumulator: usize // f32 [capacity]
  sharedAccumulator: usize // i32 [capacity], in ACCUMULATOR_UNIT
  multiplier: usize // f32 [capacity]
  contributions: usize // u32 [capacity]
  hits: usize // u32 [capacity]
  dim: u32
  unit: f32
}

/** The unit of `sharedAccumulator`. */
export const ACCUMULATOR_UNIT: f32 = 1.0 / 16384
