// shared = drawn from the row's key, or zero;  weights = unit·shared;  m = multiplier, all else 0
//
//   params     unit, capacity, first row, number of rows, what drawn numbers are divided by (0: zeros), multiplier
//   keys       [rows, 2]            low and high 32 bits
//   weights    [capacity, DIM]      overwritten in these rows
//   agreed     [capacity, DIM]      `shared`, in `unit`; overwritten in these rows
//   state      [5, capacity]        overwritten in these rows
//
// One lane takes four values of a row. A value is drawn in units of 2^-20 first.
//
// Dispatch: ceil(rows · DIM / 4 / 64) workgroups, over two dimensions.

override DIM: u32 = 100;

const LANES = 64u;

override VECS: u32 = DIM / 4u;

struct Params {
  unit: f32,
  finer: i32,  // the table's unit is 2^-(20 + finer)
  capacity: u32,
  rows: u32,
  first: u32,
  divisor: u32,
  multiplier: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> keys: array<u32>;
@group(0) @binding(2) var<storage, read_write> weights: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> agreed: array<vec4i>;
@group(0) @binding(4) var<storage, read_write> state: array<u32>;

fn mix(value: u32) -> u32 {
  var x = value;
  x ^= x >> 16u;
  x *= 0x21f0aaadu;
  x ^= x >> 15u;
  x *= 0x735a2d97u;
  x ^= x >> 15u;
  return x;
}

fn random(key: u32, counter: u32) -> u32 {
  return mix(key + counter * 0x9e3779b9u);
}

fn drawn(key: u32, d: u32) -> i32 {
  let value = (i32(random(key, d) >> 8u) - 8388608) / i32(params.divisor);
  if (params.finer >= 0) { return value << u32(params.finer); }
  return value / (1i << u32(-params.finer));
}

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
  let row = params.first + item;
  let key = mix(keys[2u * item + 1u] ^ mix(keys[2u * item]));
  var values = vec4i();
  if (params.divisor > 0u) {
    values = vec4i(drawn(key, 4u * v), drawn(key, 4u * v + 1u), drawn(key, 4u * v + 2u), drawn(key, 4u * v + 3u));
  }
  agreed[row * VECS + v] = values;
  weights[row * VECS + v] = params.unit * vec4f(values);
  if (v == 0u) {
    for (var field = 0u; field < 5u; field++) { state[field * params.capacity + row] = 0u; }
    state[2u * params.capacity + row] = bitcast<u32>(params.multiplier);
  }
}
