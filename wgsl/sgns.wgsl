// d_input[x] += Σ e·y,  d_output[y] += Σ e·x,  e = label - σ(x·y), over the windows of one batch
//
//   batch     which batch of the submission, and the tables' capacities
//   kept      [batches, SLOTS + 1]                 count, then the kept slots
//   windows   [batches, SLOTS, NEGATIVES + 2]      left | right << 8 | outputs << 16, then the outputs
//   input     [input_capacity, DIM]                rows of context words
//   output    [output_capacity, DIM]               rows of centre words and negatives
//   d_input   [input_capacity, DIM]                added to, in units of 2^-16: integer sums have no order
//   d_output  [output_capacity, DIM]               added to, likewise
//   touched   a count for each batch and table; then hits and list of touched rows, for input and for output
//   losses    [chunks]                             added to at every 16th kept word
//
// One workgroup takes a chunk of CHUNK centre words. The contexts' rows and their gradients stand in a ring of
// 2·WINDOW + 1 places in workgroup memory: a row is read once when the window reaches it and its gradient is added to
// d_input once when the window leaves it. Two lanes make one product x·y. A vec4 of lane v holds dimensions v,
// v + VECS, v + 2·VECS and v + 3·VECS, so that neighbouring lanes add to neighbouring addresses.
//
// Dispatch: (ceil(slots / CHUNK), 1, 1).

override SLOTS: u32 = 8192;
override DIM: u32 = 100;
override WINDOW: u32 = 5;
override NEGATIVES: u32 = 5;
override CHUNK: u32 = 32;
override LANES: u32 = 128;

const BREAK = 0xffffffffu;
const FIXED = 65536.0;
const COUNTS = 64u;
const LOSS_STRIDE = 16u;

override VECS: u32 = DIM / 4u;
override STRIDE: u32 = VECS + 1u;  // one more, or all rows would start in one memory bank
override RING: u32 = 2u * WINDOW + 1u;
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

var<workgroup> x: array<vec4f, RING * STRIDE>;
var<workgroup> dx: array<vec4f, RING * STRIDE>;
var<workgroup> y: array<vec4f, OUTPUTS * STRIDE>;
// The two halves of each product; then e in the place of the first and the loss in that of the second.
var<workgroup> products: array<f32, 4u * WINDOW * OUTPUTS>;
// Words from WINDOW before the chunk to WINDOW after it; BREAK where no window of the chunk uses the place.
var<workgroup> words: array<u32, CHUNK + 2u * WINDOW>;
var<workgroup> records: array<u32, CHUNK * RECORD>;

fn touch(table: u32, row: u32, uses: u32) {
  let capacity = select(batch.input_capacity, batch.output_capacity, table == 1u);
  let hits = COUNTS + table * 2u * batch.input_capacity;
  if (atomicAdd(&touched[hits + row], uses) == 0u) {
    let place = atomicAdd(&touched[2u * batch.index + table], 1u);
    atomicStore(&touched[hits + capacity + place], row);
  }
}

// A row gets at most one addition from a window (output) or two from a kept word (input), so that no sum can wrap.
fn fixed(value: f32, additions: u32) -> i32 {
  let limit = 2147483520.0 / f32(additions);
  return i32(round(clamp(value * FIXED, -limit, limit)));
}

fn enter(place: u32, v: u32) {
  let word = words[place];
  if (word == BREAK) { return; }
  let slot = place % RING * STRIDE + v;
  let at = word * DIM + v;
  x[slot] = vec4f(input[at], input[at + VECS], input[at + 2u * VECS], input[at + 3u * VECS]);
  dx[slot] = vec4f();
}

fn leave(place: u32, v: u32, count: u32) {
  let word = words[place];
  if (word == BREAK) { return; }
  let g = dx[place % RING * STRIDE + v];
  let at = word * DIM + v;
  for (var k = 0u; k < 4u; k++) { atomicAdd(&d_input[at + k * VECS], fixed(g[k], 2u * count)); }
}

// Where context c of the centre word q stands in the ring.
fn context_slot(q: u32, c: u32, left: u32) -> u32 {
  return (q + WINDOW - left + c + select(0u, 1u, c >= left)) % RING * STRIDE;
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let list = batch.index * (SLOTS + 1u) + 1u;
  let count = kept[list - 1u];
  let start = group.x * CHUNK;
  if (start >= count) { return; }
  let centres = min(CHUNK, count - start);
  var loss = 0.0;
  var measured = 0u;

  for (var i = lane; i < centres + 2u * WINDOW; i += LANES) {
    let position = start + i;
    words[i] = BREAK;
    if (position >= WINDOW && position - WINDOW < count) { words[i] = kept[list + position - WINDOW]; }
  }
  for (var i = lane; i < centres * RECORD; i += LANES) {
    records[i] = windows[(batch.index * SLOTS + start) * RECORD + i];
  }
  workgroupBarrier();  // words and records are in

  for (var i = lane; i < centres + 2u * WINDOW; i += LANES) {
    var uses = 0u;
    for (var q = max(i, 2u * WINDOW) - 2u * WINDOW; q < min(i + 1u, centres); q++) {
      let reach = records[q * RECORD];
      let centre = q + WINDOW;
      if (i < centre && centre - i <= (reach & 0xffu)) { uses++; }
      if (i > centre && i - centre <= ((reach >> 8u) & 0xffu)) { uses++; }
    }
    if (uses > 0u) { touch(0u, words[i], uses); } else { words[i] = BREAK; }
  }
  for (var i = lane; i < centres * OUTPUTS; i += LANES) {
    let record = i / OUTPUTS * RECORD;
    let o = i % OUTPUTS;
    let outputs = records[record] >> 16u;
    if (o < outputs) { touch(1u, records[record + 1u + o], 1u); }
  }
  workgroupBarrier();  // places without use are marked

  for (var i = lane; i < 2u * WINDOW * VECS; i += LANES) { enter(i / VECS, i % VECS); }

  for (var q = 0u; q < centres; q++) {
    let record = q * RECORD;
    let left = records[record] & 0xffu;
    let contexts = left + ((records[record] >> 8u) & 0xffu);
    let outputs = records[record] >> 16u;
    let is_measured = (start + q) % LOSS_STRIDE == 0u;

    for (var i = lane; i < (outputs + 1u) * VECS; i += LANES) {
      let v = i % VECS;
      if (i < VECS) {
        if (q > 0u) { leave(q - 1u, v, count); }
        enter(q + 2u * WINDOW, v);
      } else {
        let o = i / VECS;
        let at = records[record + o] * DIM + v;
        y[(o - 1u) * STRIDE + v] =
          vec4f(output[at], output[at + VECS], output[at + 2u * VECS], output[at + 3u * VECS]);
      }
    }
    workgroupBarrier();  // every row of the window is in

    for (var i = lane; i < 2u * contexts * OUTPUTS; i += LANES) {
      let o = i / 2u % OUTPUTS;
      if (o >= outputs) { continue; }
      let source = context_slot(q, i / 2u / OUTPUTS, left);
      var sum = vec4f();
      for (var v = i % 2u; v < VECS; v += 2u) { sum = fma(x[source + v], y[o * STRIDE + v], sum); }
      products[i] = sum.x + sum.y + sum.z + sum.w;
    }
    workgroupBarrier();  // both halves of every product are in

    for (var i = lane; i < contexts * OUTPUTS; i += LANES) {
      let o = i % OUTPUTS;
      if (o >= outputs) { continue; }
      // For the centre word z = x·y, for a negative z = -x·y: then e is ±σ(-z) and the loss -log σ(z).
      let side = select(-1.0, 1.0, o == 0u);
      let z = side * (products[2u * i] + products[2u * i + 1u]);
      let small = exp(-abs(z));
      products[2u * i] = side * select(1.0, small, z > 0.0) / (1.0 + small);
      products[2u * i + 1u] = max(-z, 0.0) + log(1.0 + small);
    }
    workgroupBarrier();  // every e is in

    for (var i = lane; i < (outputs + contexts) * VECS; i += LANES) {
      let row = i / VECS;
      let v = i % VECS;
      var g = vec4f();
      if (row < outputs) {
        for (var c = 0u; c < contexts; c++) {
          g += products[2u * (c * OUTPUTS + row)] * x[context_slot(q, c, left) + v];
        }
        let at = records[record + 1u + row] * DIM + v;
        for (var k = 0u; k < 4u; k++) { atomicAdd(&d_output[at + k * VECS], fixed(g[k], count)); }
      } else {
        let c = row - outputs;
        for (var o = 0u; o < outputs; o++) { g += products[2u * (c * OUTPUTS + o)] * y[o * STRIDE + v]; }
        dx[context_slot(q, c, left) + v] += g;
      }
    }
    if (is_measured && lane == 0u) {
      for (var i = 0u; i < contexts * OUTPUTS; i++) {
        if (i % OUTPUTS < outputs) { loss += products[2u * i + 1u]; }
      }
      measured += contexts;
    }
    workgroupBarrier();  // everyone is done with the window's rows
  }

  for (var i = lane; i < RING * VECS; i += LANES) { leave(centres - 1u + i / VECS, i % VECS, count); }
  if (lane == 0u) {
    losses[group.x].sum += loss;
    losses[group.x].contexts += measured;
  }
}
