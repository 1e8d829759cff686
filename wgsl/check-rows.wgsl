// weights = unit·shared again in rows that are not finite or beyond the limit
//
//   params     unit, capacity, number of rows, limit
//   weights    [capacity, DIM]      put back in such rows
//   agreed     [capacity, DIM]      `shared`, in `unit`
//   state      [5, capacity]        accumulator put back in such rows
//   bad        [rows + 1]           bad[0] added to: how many; then the rows, in no order
//
// 32 lanes take one row.
//
// Dispatch: ceil(rows / 8) workgroups, over two dimensions.

override DIM: u32 = 100;

const LANES = 256u;
const ROW_LANES = 32u;
const ACCUMULATOR_PER_UNIT = 16384.0;

override VECS: u32 = DIM / 4u;

struct Params {
  unit: f32,
  limit: f32,
  capacity: u32,
  rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read> agreed: array<vec4i>;
@group(0) @binding(3) var<storage, read_write> state: array<u32>;
@group(0) @binding(4) var<storage, read_write> bad: array<atomic<u32>>;

var<workgroup> is_bad: array<atomic<u32>, LANES / ROW_LANES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let place = lane / ROW_LANES;
  let row = (group.y * groups.x + group.x) * (LANES / ROW_LANES) + place;
  // As bits, what is not finite is above every limit; a comparison of floats may be compiled as if there were no NaN.
  let limit = vec4u(bitcast<u32>(params.limit));
  if (row < params.rows) {
    for (var v = lane % ROW_LANES; v < VECS; v += ROW_LANES) {
      let size = bitcast<vec4u>(weights[row * VECS + v]) & vec4u(0x7fffffffu);
      if (any(size > limit)) { atomicStore(&is_bad[place], 1u); }
    }
  }
  workgroupBarrier();  // the whole row has been looked at
  if (row >= params.rows || atomicLoad(&is_bad[place]) == 0u) { return; }
  for (var v = lane % ROW_LANES; v < VECS; v += ROW_LANES) {
    weights[row * VECS + v] = params.unit * vec4f(agreed[row * VECS + v]);
  }
  if (lane % ROW_LANES == 0u) {
    state[row] = bitcast<u32>(f32(bitcast<i32>(state[params.capacity + row])) / ACCUMULATOR_PER_UNIT);
    atomicStore(&bad[1u + atomicAdd(&bad[0], 1u)], row);
  }
}
