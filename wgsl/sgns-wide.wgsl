// d_input[x] += Σ e·y,  d_output[y] += Σ e·x,  as sgns.wgsl, for any DIM, WINDOW and NEGATIVES
//
//   batch     which batch of the submission, and the tables' capacities
//   kept      [batches, SLOTS + 1]                 count, then the kept slots
//   windows   [batches, SLOTS, NEGATIVES + 2]      left | right << 8 | outputs << 16, then the outputs
//   input     [input_capacity, DIM]                rows of context words
//   output    [output_capacity, DIM]               rows of centre words and negatives
//   d_input   [input_capacity, DIM]                added to, in units of 2^-16: integer sums have no order
//   d_output  [output_capacity, DIM]               added to, likewise
//   touched   a count for each batch and table; then hits and list of touched rows, for input and for output
//   losses    [SLOTS]                              added to at every 16th kept word
//
// For rows too wide, or windows too many, for workgroup memory: sgns.wgsl without the ring. One workgroup takes one
// centre word, reads the rows from storage as often as it needs them, and keeps only the e in workgroup memory.
//
// Dispatch: (slots, 1, 1).

override SLOTS: u32 = 8192;
override DIM: u32 = 100;
override WINDOW: u32 = 5;
override NEGATIVES: u32 = 5;
override LANES: u32 = 128;

const BREAK = 0xffffffffu;
const FIXED = 65536.0;
const COUNTS = 64u;
const LOSS_STRIDE = 16u;

override VECS: u32 = DIM / 4u;
override OUTPUTS: u32 = NEGATIVES + 1u;
override RECORD: u32 = NEGATIVES + 2u;

struct Batch {
  key: u32,
  slots: u32,
  rows: u32,
  index: u32,
  input_capacity: u32,
  output_capacity: u32,
  sampling_capacity: u32,
}

struct Loss {
  sum: f32,
  contexts: u32,
}

@group(0) @binding(0) var<uniform> batch: Batch;
@group(0) @binding(1) var<storage, read> kept: array<u32>;
@group(0) @binding(2) var<storage, read> windows: array<u32>;
@group(0) @binding(3) var<storage, read> input: array<f32>;
@group(0) @binding(4) var<storage, read> output: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_input: array<atomic<i32>>;
@group(0) @binding(6) var<storage, read_write> d_output: array<atomic<i32>>;
@group(0) @binding(7) var<storage, read_write> touched: array<atomic<u32>>;
@group(0) @binding(8) var<storage, read_write> losses: array<Loss>;

// For each context and output: e, and the loss.
var<workgroup> products: array<vec2f, 2u * WINDOW * OUTPUTS>;

fn touch(table: u32, row: u32, uses: u32) {
  let capacity = select(batch.input_capacity, batch.output_capacity, table == 1u);
  let hits = COUNTS + table * 2u * batch.input_capacity;
  if (atomicAdd(&touched[hits + row], uses) == 0u) {
    let place = atomicAdd(&touched[2u * batch.index + table], 1u);
    atomicStore(&touched[hits + capacity + place], row);
  }
}

// A row gets at most one addition from a window (output), or one for each context (input), so that no sum can wrap.
fn fixed(value: f32, additions: u32) -> i32 {
  let limit = 2147483520.0 / f32(additions);
  return i32(round(clamp(value * FIXED, -limit, limit)));
}

fn input_row(word: u32, v: u32) -> vec4f {
  let at = word * DIM + v;
  return vec4f(input[at], input[at + VECS], input[at + 2u * VECS], input[at + 3u * VECS]);
}

fn output_row(word: u32, v: u32) -> vec4f {
  let at = word * DIM + v;
  return vec4f(output[at], output[at + VECS], output[at + 2u * VECS], output[at + 3u * VECS]);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let list = batch.index * (SLOTS + 1u) + 1u;
  let count = kept[list - 1u];
  let position = group.x;
  if (position >= count) { return; }
  let record = (batch.index * SLOTS + position) * RECORD;
  let left = windows[record] & 0xffu;
  let contexts = left + ((windows[record] >> 8u) & 0xffu);
  let outputs = windows[record] >> 16u;
  if (contexts == 0u) { return; }
  // Context c is the kept word at `first` + c, or one further from the centre word on.
  let first = list + position - left;

  for (var i = lane; i < contexts; i += LANES) { touch(0u, kept[first + i + select(0u, 1u, i >= left)], 1u); }
  for (var i = lane; i < outputs; i += LANES) { touch(1u, windows[record + 1u + i], 1u); }

  for (var i = lane; i < contexts * outputs; i += LANES) {
    let c = i / outputs;
    let o = i % outputs;
    let context = kept[first + c + select(0u, 1u, c >= left)];
    let word = windows[record + 1u + o];
    var sum = vec4f();
    for (var v = 0u; v < VECS; v++) { sum = fma(input_row(context, v), output_row(word, v), sum); }
    // For the centre word z = x·y, for a negative z = -x·y: then e is ±σ(-z) and the loss -log σ(z).
    let side = select(-1.0, 1.0, o == 0u);
    let z = side * (sum.x + sum.y + sum.z + sum.w);
    let small = exp(-abs(z));
    products[i] = vec2f(side * select(1.0, small, z > 0.0) / (1.0 + small), max(-z, 0.0) + log(1.0 + small));
  }
  workgroupBarrier();  // every e is in

  for (var i = lane; i < (outputs + contexts) * VECS; i += LANES) {
    let row = i / VECS;
    let v = i % VECS;
    var g = vec4f();
    if (row < outputs) {
      for (var c = 0u; c < contexts; c++) {
        g += products[c * outputs + row].x * input_row(kept[first + c + select(0u, 1u, c >= left)], v);
      }
      let at = windows[record + 1u + row] * DIM + v;
      for (var k = 0u; k < 4u; k++) { atomicAdd(&d_output[at + k * VECS], fixed(g[k], count)); }
    } else {
      let c = row - outputs;
      for (var o = 0u; o < outputs; o++) {
        g += products[c * outputs + o].x * output_row(windows[record + 1u + o], v);
      }
      let at = kept[first + c + select(0u, 1u, c >= left)] * DIM + v;
      for (var k = 0u; k < 4u; k++) { atomicAdd(&d_input[at + k * VECS], fixed(g[k], 2u * WINDOW * count)); }
    }
  }
  if (position % LOSS_STRIDE == 0u && lane == 0u) {
    var loss = 0.0;
    for (var i = 0u; i < contexts * outputs; i++) { loss += products[i].y; }
    losses[position].sum += loss;
    losses[position].contexts += contexts;
  }
}
