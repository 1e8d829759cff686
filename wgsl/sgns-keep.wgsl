// kept = slots that subsampling leaves, in order
//
//   batches   [batches]                  key and number of slots of each batch
//   slots     [batches, SLOTS]           word rows; BREAK between lines
//   sampling  [3, capacity]              keep, threshold, alias; an occurrence stays where random <= keep
//   kept      [batches, SLOTS + 1]       overwritten: how many stay, then those, breaks included
//
// One workgroup makes one batch. Each lane counts what stays of its run of slots, a scan over the lanes says where
// each run begins, and the lanes write their runs.
//
// Dispatch: (batches, 1, 1).

override SLOTS: u32 = 8192;

const LANES = 256u;
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
@group(0) @binding(1) var<storage, read> slots: array<u32>;
@group(0) @binding(2) var<storage, read> sampling: array<u32>;
@group(0) @binding(3) var<storage, read_write> kept: array<u32>;

var<workgroup> ends: array<u32, LANES>;

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

fn stays(batch: Batch, i: u32) -> bool {
  let slot = slots[batch.index * SLOTS + i];
  return slot == BREAK || random(batch.key, i * 64u) <= sampling[slot];
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let batch = batches[group.x];
  let run = (batch.slots + LANES - 1u) / LANES;
  let first = min(lane * run, batch.slots);
  let last = min(first + run, batch.slots);

  var count = 0u;
  for (var i = first; i < last; i++) {
    if (stays(batch, i)) { count++; }
  }
  ends[lane] = count;
  workgroupBarrier();  // all counts are in
  for (var reach = 1u; reach < LANES; reach *= 2u) {
    var before = 0u;
    if (lane >= reach) { before = ends[lane - reach]; }
    workgroupBarrier();  // everyone has read before anyone overwrites
    ends[lane] += before;
    workgroupBarrier();  // this round's sums are whole
  }

  let base = batch.index * (SLOTS + 1u);
  var place = base + 1u + ends[lane] - count;
  for (var i = first; i < last; i++) {
    if (stays(batch, i)) {
      kept[place] = slots[batch.index * SLOTS + i];
      place++;
    }
  }
  if (lane == LANES - 1u) { kept[base] = ends[lane]; }
}
