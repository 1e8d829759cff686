// shared += increment,  weights += unit·increment,  increment = value << shift, wrapping
//
//   params     unit, where the weight is, number of rows in the delta, bits of a value
//   delta      [rows, 2]                   row and shift; the rows differ, and are the weight's
//   values     [rows, 256 · bits / 32]     signed, lowest first
//   weights    [size]                      updated
//   agreed     [table's rows, 256]         `shared`, in `unit`; updated
//
// One workgroup takes one row.
//
// Dispatch: rows workgroups, over two dimensions.

const ROW_VALUES = 256u;

struct Params {
  unit: f32,
  first_row: u32,
  size: u32,
  rows: u32,
  bits: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> delta: array<vec2u>;
@group(0) @binding(2) var<storage, read> values: array<i32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> agreed: array<i32>;

@compute @workgroup_size(ROW_VALUES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let item = group.y * groups.x + group.x;
  if (item >= params.rows) { return; }
  let row = delta[item].x;
  let at = (row - params.first_row) * ROW_VALUES + lane;
  if (at >= params.size) { return; }
  let index = item * ROW_VALUES + lane;
  let in_word = 32u / params.bits;
  let value = extractBits(values[index / in_word], index % in_word * params.bits, params.bits);
  let increment = value << delta[item].y;
  agreed[row * ROW_VALUES + lane] += increment;
  weights[at] += params.unit * f32(increment);
}
