// windows = for each kept word: how far its window reaches, and its outputs (itself, then its negatives)
//
//   batches   [batches]                            key and number of vocabulary rows of each batch
//   sampling  [3, capacity]                        keep, threshold, alias
//   kept      [batches, SLOTS + 1]                 count, then the kept slots
//   windows   [batches, SLOTS, NEGATIVES + 2]      overwritten: left | right << 8 | outputs << 16, then the outputs
//
// A negative that is the word itself or an earlier negative is left out. A break, and a word without contexts, has no
// outputs.
//
// Dispatch: (ceil(SLOTS / LANES), batches, 1).

override SLOTS: u32 = 8192;
override WINDOW: u32 = 5;
override NEGATIVES: u32 = 5;

const LANES = 64u;
const BREAK = 0xffffffffu;

struct Batch {
  key: u32,
  slots: u32,
  rows: u32,
  index: u32,
  input_capacity: u32,
  output_capacity: u32,
  @size(232) sampling_capacity: u32,
}

@group(0) @binding(0) var<storage, read> batches: array<Batch>;
@group(0) @binding(1) var<storage, read> sampling: array<u32>;
@group(0) @binding(2) var<storage, read> kept: array<u32>;
@group(0) @binding(3) var<storage, read_write> windows: array<u32>;

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

// High and low 32 bits of a product, by its 16-bit parts: WGSL has no wider integer.
fn multiply(a: u32, b: u32) -> vec2u {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let cross = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let middle = (a & 0xffffu) * (b >> 16u) + (cross & 0xffffu);
  return vec2u((a >> 16u) * (b >> 16u) + (cross >> 16u) + (middle >> 16u), a * b);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let batch = batches[group.y];
  let list = batch.index * (SLOTS + 1u) + 1u;
  let count = kept[list - 1u];
  let position = group.x * LANES + lane;
  if (position >= count) { return; }

  let record = (batch.index * SLOTS + position) * (NEGATIVES + 2u);
  windows[record] = 0u;
  let word = kept[list + position];
  if (word == BREAK) { return; }

  let radius = 1u + multiply(random(batch.key, position * 64u + 1u), WINDOW).x;
  var left = 0u;
  while (left < radius && left < position && kept[list + position - left - 1u] != BREAK) { left++; }
  var right = 0u;
  while (right < radius && position + right + 1u < count && kept[list + position + right + 1u] != BREAK) { right++; }
  if (left + right == 0u) { return; }

  windows[record + 1u] = word;
  var outputs = 1u;
  for (var j = 0u; j < NEGATIVES; j++) {
    let column = multiply(random(batch.key, position * 64u + 2u + j), batch.rows);
    var negative = column.x;
    if (column.y >= sampling[batch.sampling_capacity + column.x]) {
      negative = sampling[2u * batch.sampling_capacity + column.x];
    }
    var known = false;
    for (var o = 0u; o < outputs; o++) { known = known || windows[record + 1u + o] == negative; }
    if (!known) {
      windows[record + 1u + outputs] = negative;
      outputs++;
    }
  }
  windows[record] = left | (right << 8u) | (outputs << 16u);
}
