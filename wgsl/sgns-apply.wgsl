// weights += step of g, for the rows that one batch touched; g = 0 again
//
//   step         rate, clip, initial, and where in `touched` the count, the hits and the list of this table stand
//   weights      [capacity, DIM]      updated
//   state        [5, capacity]        accumulator updated, multiplier read, hits added to
//   gradients    [capacity, DIM]      in units of 2^-16; set to 0
//   touched      a count for each batch and table; then hits and list of touched rows, for input and for output;
//                hits set to 0
//
// Row-wise Adagrad: G += m · mean(g²), row += m · rate · g / √(initial + G). SGD: row += m · rate · g, of norm `clip` at most.
// 32 lanes take one row; a workgroup takes every so many-th eight of the list.
//
// Dispatch: any number of workgroups, in one dimension.

override DIM: u32 = 100;
override ADAGRAD: bool = true;

const LANES = 256u;
const ROW_LANES = 32u;
const FIXED = 65536.0;

override VECS: u32 = DIM / 4u;

struct Step {
  rate: f32,
  clip: f32,
  count_at: u32,
  hits_at: u32,
  list_at: u32,
  capacity: u32,
  initial: f32,
}

@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read_write> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> state: array<u32>;
@group(0) @binding(3) var<storage, read_write> gradients: array<vec4i>;
@group(0) @binding(4) var<storage, read_write> touched: array<u32>;

var<workgroup> count: u32;
var<workgroup> squares: array<f32, LANES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  if (lane == 0u) { count = touched[step.count_at]; }
  let rows = workgroupUniformLoad(&count);
  let stride = groups.x * (LANES / ROW_LANES);
  for (var first = group.x * (LANES / ROW_LANES); first < rows; first += stride) {
    let item = first + lane / ROW_LANES;
    let is_row = item < rows;
    var row = 0u;
    var m = 0.0;
    var grown = 0.0;
    var sum = 0.0;
    if (is_row) {
      row = touched[step.list_at + item];
      m = bitcast<f32>(state[2u * step.capacity + row]);
      grown = bitcast<f32>(state[row]);
      for (var v = lane % ROW_LANES; v < VECS; v += ROW_LANES) {
        let g = vec4f(gradients[row * VECS + v]) / FIXED;
        sum += dot(g, g);
      }
    }
    squares[lane] = sum;
    workgroupBarrier();  // every lane's squares are in, and the state is read before it is changed
    for (var width = ROW_LANES / 2u; width > 0u; width /= 2u) {
      if (lane % ROW_LANES < width) { squares[lane] += squares[lane + width]; }
      workgroupBarrier();  // this round's sums are whole
    }
    let total = squares[lane / ROW_LANES * ROW_LANES];
    workgroupBarrier();  // everyone has read before the next rows overwrite

    var factor = m * step.rate;
    if (ADAGRAD) {
      grown += m * total / f32(DIM);
      factor = select(0.0, factor / sqrt(step.initial + grown), step.initial + grown > 0.0);
    } else {
      let norm = factor * sqrt(total);
      if (norm > step.clip) { factor *= step.clip / norm; }
    }
    if (is_row) {
      for (var v = lane % ROW_LANES; v < VECS; v += ROW_LANES) {
        let at = row * VECS + v;
        weights[at] += factor * (vec4f(gradients[at]) / FIXED);
        gradients[at] = vec4i();
      }
      if (lane % ROW_LANES == 0u) {
        state[row] = bitcast<u32>(grown);
        state[4u * step.capacity + row] += touched[step.hits_at + row];
        touched[step.hits_at + row] = 0u;
      }
    }
  }
}
