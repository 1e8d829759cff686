// selected = whether a row has something to hand out
//
//   params     unit, capacity, replicas
//   weights    [capacity, DIM]
//   agreed     [capacity, DIM]      `shared`, in `unit`
//   state      [5, capacity]        multiplier, contributions and hits are read
//   selected   [capacity]           overwritten: 1 where a touched row's change rounds to anything but zero and is finite
//
// 32 lanes take one row.
//
// Dispatch: ceil(capacity / 8) workgroups, over two dimensions.

override DIM: u32 = 100;

const LANES = 256u;
const ROW_LANES = 32u;
const LARGEST = 117440512.0;  // 7 · 2^24, the most that a shift of 24 can say

override VECS: u32 = DIM / 4u;

struct Params {
  unit: f32,
  per_unit: f32,
  capacity: u32,
  replicas: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read> agreed: array<vec4i>;
@group(0) @binding(3) var<storage, read> state: array<u32>;
@group(0) @binding(4) var<storage, read_write> selected: array<u32>;

var<workgroup> largest: array<u32, LANES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = (group.y * groups.x + group.x) * (LANES / ROW_LANES) + lane / ROW_LANES;
  let is_touched = row < params.capacity && state[4u * params.capacity + row] > 0u;
  // Sizes are compared as bits: they have the order of the floats, with what is not finite above all others.
  var most = 0u;
  if (is_touched) {
    let m = bitcast<f32>(state[2u * params.capacity + row]);
    let workers = min(1.0 + f32(state[3u * params.capacity + row]), params.replicas);
    let sharers = max(m, workers);
    let alpha = select(1.0 / sharers, 1.0, sharers == 1.0);
    for (var v = lane % ROW_LANES; v < VECS; v += ROW_LANES) {
      let at = row * VECS + v;
      let change = abs(alpha * (weights[at] - params.unit * vec4f(agreed[at])) * params.per_unit);
      let bits = bitcast<vec4u>(change);
      most = max(most, max(max(bits.x, bits.y), max(bits.z, bits.w)));
    }
  }
  largest[lane] = most;
  workgroupBarrier();  // every lane's largest is in
  for (var width = ROW_LANES / 2u; width > 0u; width /= 2u) {
    if (lane % ROW_LANES < width) { largest[lane] = max(largest[lane], largest[lane + width]); }
    workgroupBarrier();  // this round's are whole
  }
  if (row < params.capacity && lane % ROW_LANES == 0u) {
    let bits = largest[lane];
    selected[row] = select(0u, 1u, bits <= bitcast<u32>(LARGEST) && round(bitcast<f32>(bits)) >= 1.0);
  }
}
