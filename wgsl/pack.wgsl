// shared += q << shift,  q = round(α·(weights - unit·shared) / (unit·2^shift)),  α = 1 / max(m, c),
// c = min(1 + contributions, replicas)
//
//   params     unit, capacity, replicas, number of rows
//   rows       [rows]               what pack-select chose
//   weights    [capacity, DIM]      where α < 1 set to unit·shared before + α·d
//   agreed     [capacity, DIM]      `shared`, in `unit`; updated
//   state      [5, capacity]        accumulator, sharedAccumulator and multiplier updated, contributions and hits set to 0
//   packed     [rows, VECS + 2]     overwritten: shift, growth of the accumulator, then four q to a word, lowest first
//
// The shift is the smallest with max|α·d| / (unit·2^shift) <= 7, what four bits hold. 32 lanes take one row.
//
// Dispatch: ceil(rows / 8) workgroups, over two dimensions.

override DIM: u32 = 100;

const LANES = 256u;
const ROW_LANES = 32u;
const LARGEST_SHIFT = 24u;
const ACCUMULATOR_PER_UNIT = 16384.0;

override VECS: u32 = DIM / 4u;

struct Params {
  unit: f32,
  per_unit: f32,
  capacity: u32,
  replicas: f32,
  rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read_write> weights: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> agreed: array<vec4i>;
@group(0) @binding(4) var<storage, read_write> state: array<u32>;
@group(0) @binding(5) var<storage, read_write> packed: array<u32>;

var<workgroup> largest: array<f32, LANES>;

// α·d in units. Bounded by pack-select, and every product with a unit is exact: units are powers of two.
fn change(at: u32, alpha: f32) -> vec4f {
  return alpha * (weights[at] - params.unit * vec4f(agreed[at])) * params.per_unit;
}

// The growth since the last pack, without what the multiplier added to it.
fn pack_accumulator(row: u32, m: f32) -> i32 {
  let before = f32(bitcast<i32>(state[params.capacity + row])) / ACCUMULATOR_PER_UNIT;
  let accumulator = bitcast<f32>(state[row]);
  let growth = select((accumulator - before) / m, accumulator - before, m == 1.0);
  let units = i32(round(clamp(growth * ACCUMULATOR_PER_UNIT, -2147483520.0, 2147483520.0)));
  if (m != 1.0) { state[row] = bitcast<u32>(before + growth); }
  state[params.capacity + row] = bitcast<u32>(bitcast<i32>(state[params.capacity + row]) + units);
  return units;
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let item = (group.y * groups.x + group.x) * (LANES / ROW_LANES) + lane / ROW_LANES;
  let is_row = item < params.rows;
  var row = 0u;
  var m = 1.0;
  var workers = 1.0;
  if (is_row) {
    row = rows[item];
    m = bitcast<f32>(state[2u * params.capacity + row]);
    workers = min(1.0 + f32(state[3u * params.capacity + row]), params.replicas);
  }
  let sharers = max(m, workers);
  let alpha = select(1.0 / sharers, 1.0, sharers == 1.0);

  var most = 0.0;
  for (var v = lane % ROW_LANES; is_row && v < VECS; v += ROW_LANES) {
    let units = abs(change(row * VECS + v, alpha));
    most = max(most, max(max(units.x, units.y), max(units.z, units.w)));
  }
  largest[lane] = most;
  workgroupBarrier();  // every lane's largest is in, and the row is read before it is changed
  for (var width = ROW_LANES / 2u; width > 0u; width /= 2u) {
    if (lane % ROW_LANES < width) { largest[lane] = max(largest[lane], largest[lane + width]); }
    workgroupBarrier();  // this round's are whole
  }
  if (!is_row) { return; }

  var left = largest[lane / ROW_LANES * ROW_LANES];
  var shift = 0u;
  var scale = 1.0;
  while (left > 7.0 && shift < LARGEST_SHIFT) {
    left *= 0.5;
    scale *= 0.5;
    shift++;
  }
  let base = item * (VECS + 2u);
  for (var v = lane % ROW_LANES; v < VECS; v += ROW_LANES) {
    let at = row * VECS + v;
    let units = change(at, alpha);
    let q = vec4i(clamp(round(units * scale), vec4f(-7.0), vec4f(7.0)));
    if (alpha < 1.0) { weights[at] = params.unit * (vec4f(agreed[at]) + units); }
    agreed[at] += q << vec4u(shift);
    packed[base + 2u + v] = pack4xI8(q);
  }
  if (lane % ROW_LANES == 0u) {
    packed[base] = shift;
    packed[base + 1u] = bitcast<u32>(pack_accumulator(row, m));
    state[2u * params.capacity + row] = bitcast<u32>((m + workers) * 0.5);
    state[3u * params.capacity + row] = 0u;
    state[4u * params.capacity + row] = 0u;
  }
}
