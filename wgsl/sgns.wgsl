// d_input[x] += Σ e·y,  d_output[y] += Σ e·x,  e = label - σ(x·y), over the windows of one batch
//
//   batch     which batch of the submission, and the tables' capacities
//   kept      [batches, SLOTS + 1]                 count, then the kept slots
//   windows   [batches, SLOTS, 2, NEGATIVES + 2]   contexts | outputs << 16, then the outputs; left, right
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
var<workgroup> products: array<f32, 2u * WINDOW * OUTPUTS>;
// Words from WINDOW before the chunk to WINDOW after it; BREAK where no window of the chunk uses the place.
var<workgroup> words: array<u32, CHUNK + 2u * WINDOW>;

fn touch(table: u32, row: u32, uses: u32) {
  let capacity = select(batch.input_capacity, batch.output_capacity, table == 1u);
  let hits = COUNTS + table * 2u * batch.input_capacity;
  if (atomicAdd(&touched[hits + row], uses) == 0u) {
    let place = atomicAdd(&touched[2u * batch.index + table], 1u);
    atomicStore(&touched[hits + capacity + place], row);
  }
}

// A row gets at most two additions from a kept word, so that no sum can wrap.
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

// Where the window on one side of the q-th centre word is described.
fn record_of(start: u32, q: u32, side: u32) -> u32 {
  return ((batch.index * SLOTS + start + q) * 2u + side) * RECORD;
}

fn leave(place: u32, v: u32, count: u32) {
  let word = words[place];
  if (word == BREAK) { return; }
  let g = dx[place % RING * STRIDE + v];
  let at = word * DIM + v;
  for (var k = 0u; k < 4u; k++) { atomicAdd(&d_input[at + k * VECS], fixed(g[k], 2u * count)); }
}

// Where context c, the nearest first, of one side of the centre word q stands in the ring.
fn context_slot(q: u32, side: u32, c: u32) -> u32 {
  return select(q + WINDOW - 1u - c, q + WINDOW + 1u + c, side == 1u) % RING * STRIDE;
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
  workgroupBarrier();  // the words are in

  for (var i = lane; i < centres + 2u * WINDOW; i += LANES) {
    var uses = 0u;
    for (var q = max(i, 2u * WINDOW) - 2u * WINDOW; q < min(i + 1u, centres); q++) {
      let centre = q + WINDOW;
      if (i < centre && centre - i <= (windows[record_of(start, q, 0u)] & 0xffffu)) { uses++; }
      if (i > centre && i - centre <= (windows[record_of(start, q, 1u)] & 0xffffu)) { uses++; }
    }
    if (uses > 0u) { touch(0u, words[i], uses); } else { words[i] = BREAK; }
  }
  for (var i = lane; i < 2u * centres * OUTPUTS; i += LANES) {
    let record = record_of(start, 0u, 0u) + i / OUTPUTS * RECORD;
    let o = i % OUTPUTS;
    if (o < (windows[record] >> 16u)) { touch(1u, windows[record + 1u + o], 1u); }
  }
  workgroupBarrier();  // places without use are marked

  for (var i = lane; i < 2u * WINDOW * VECS; i += LANES) { enter(i / VECS, i % VECS); }

  for (var half = 0u; half < 2u * centres; half++) {
    let q = half / 2u;
    let side = half % 2u;
    let record = record_of(start, q, side);
    let contexts = windows[record] & 0xffffu;
    let outputs = windows[record] >> 16u;
    let is_measured = (start + q) % LOSS_STRIDE == 0u;

    for (var i = lane; i < (outputs + 1u) * VECS; i += LANES) {
      let v = i % VECS;
      if (i < VECS) {
        if (side == 0u) {
          if (q > 0u) { leave(q - 1u, v, count); }
          enter(q + 2u * WINDOW, v);
        }
      } else {
        let o = i / VECS;
        let at = windows[record + o] * DIM + v;
        y[(o - 1u) * STRIDE + v] =
          vec4f(output[at], output[at + VECS], output[at + 2u * VECS], output[at + 3u * VECS]);
      }
    }
    workgroupBarrier();  // every row of the window is in

    for (var i = lane; i < 2u * contexts * OUTPUTS; i += LANES) {
      let o = i / 2u % OUTPUTS;
      if (o >= outputs) { continue; }
      let source = context_slot(q, side, i / 2u / OUTPUTS);
      var sum = vec4f();
      for (var v = i % 2u; v < VECS; v += 2u) { sum = fma(x[source + v], y[o * STRIDE + v], sum); }
      products[i] = sum.x + sum.y + sum.z + sum.w;
    }
    workgroupBarrier();  // both halves of every product are in

    for (var i = lane; i < contexts * OUTPUTS; i += LANES) {
      let o = i % OUTPUTS;
      if (o >= outputs) { continue; }
      // For the centre word z = x·y, for a negative z = -x·y: then e is ±σ(-z) and the loss -log σ(z).
      let sign = select(-1.0, 1.0, o == 0u);
      let z = sign * (products[2u * i] + products[2u * i + 1u]);
      let small = exp(-abs(z));
      products[2u * i] = sign * select(1.0, small, z > 0.0) / (1.0 + small);
      products[2u * i + 1u] = max(-z, 0.0) + log(1.0 + small);
    }
    workgroupBarrier();  // every e is in

    for (var i = lane; i < (outputs + contexts) * VECS; i += LANES) {
      let row = i / VECS;
      let v = i % VECS;
      var g = vec4f();
      if (row < outputs) {
        for (var c = 0u; c < contexts; c++) {
          g += products[2u * (c * OUTPUTS + row)] * x[context_slot(q, side, c) + v];
        }
        let at = windows[record + 1u + row] * DIM + v;
        for (var k = 0u; k < 4u; k++) { atomicAdd(&d_output[at + k * VECS], fixed(g[k], 2u * count)); }
      } else {
        let c = row - outputs;
        for (var o = 0u; o < outputs; o++) { g += products[2u * (c * OUTPUTS + o)] * y[o * STRIDE + v]; }
        dx[context_slot(q, side, c) + v] += g;
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
