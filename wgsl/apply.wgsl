// shared += increment,  weights += unit·increment
//
//   params     unit, capacity, number of rows
//   delta      [rows], [rows], [rows], [rows, DIM]      row, contributions, accumulator, increments; the rows differ
//   weights    [capacity, DIM]      updated
//   agreed     [capacity, DIM]      `shared`, in `unit`; updated
//   state      [5, capacity]        accumulator, sharedAccumulator and contributions updated
//
// One lane takes four values of a row.
//
// Dispatch: ceil(rows · DIM / 4 / 64) workgroups, over two dimensions.

override DIM: u32 = 100;

const LANES = 64u;
const ACCUMULATOR_PER_UNIT = 16384.0;

override VECS: u32 = DIM / 4u;

struct Params {
  unit: f32,
  per_unit: f32,
  capacity: u32,
  rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> delta: array<u32>;
@group(0) @binding(2) var<storage, read_write> weights: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> agreed: array<vec4i>;
@group(0) @binding(4) var<storage, read_write> state: array<u32>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * LANES + lane;
  let item = index / VECS;
  let v = index % VECS;
  if (item >= params.rows) { return; }
  let row = delta[item];
  let source = 3u * params.rows + item * DIM + 4u * v;
  let increment = bitcast<vec4i>(vec4u(delta[source], delta[source + 1u], delta[source + 2u], delta[source + 3u]));
  agreed[row * VECS + v] += increment;
  weights[row * VECS + v] += params.unit * vec4f(increment);

  if (v == 0u) {
    let growth = bitcast<i32>(delta[2u * params.rows + item]);
    state[row] = bitcast<u32>(bitcast<f32>(state[row]) + f32(growth) / ACCUMULATOR_PER_UNIT);
    state[params.capacity + row] = bitcast<u32>(bitcast<i32>(state[params.capacity + row]) + growth);
    state[3u * params.capacity + row] += delta[params.rows + item];
  }
}
