// marks = what wgsl/dense-pack.wgsl does with each row: shift | slot << 8 where it packs it, the smallest shift with size <= 14 · 2^shift;
// SICK where none of 24 is enough; NOTHING where every q would be 0; WAITS where the row is not looked at
//
//   params     number of rows, the first one to look at, slots, and how many of the greatest energies to look at (0: all rows)
//   sizes      [rows]      ⌈2 · the greatest of a row's changes⌉
//   energies   [rows]      bits of f32 >= 0, which have the order of the floats
//   marks      [rows]      overwritten; slots are 0, 1, … in the order of the rows, and from the last one on rows wait
//
// Dispatch: 1 workgroup.

const LANES = 256u;
const WAITS = 0xffu;
const NOTHING = 0xfeu;
const SICK = 0xfdu;
const MOST = 14u;  // 7, what four bits hold, in halves
const LARGEST_SHIFT = 24u;

struct Params {
  rows: u32,
  first: u32,
  slots: u32,
  top: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sizes: array<u32>;
@group(0) @binding(2) var<storage, read> energies: array<u32>;
@group(0) @binding(3) var<storage, read_write> marks: array<u32>;

var<workgroup> counts: array<u32, LANES>;

// How many of the lanes before this one say yes, and how many of all do.
fn count_yes(yes: bool, lane: u32) -> vec2u {
  counts[lane] = select(0u, 1u, yes);
  workgroupBarrier();  // every lane's is in
  for (var step = 1u; step < LANES; step *= 2u) {
    var before = 0u;
    if (lane >= step) { before = counts[lane - step]; }
    workgroupBarrier();  // all have read
    counts[lane] += before;
    workgroupBarrier();  // all have written
  }
  let result = vec2u(counts[lane] - select(0u, 1u, yes), counts[LANES - 1u]);
  workgroupBarrier();  // all have read, so that the next call may write
  return result;
}

// How many rows have at least this energy.
fn count_rows(energy: u32, lane: u32) -> u32 {
  var own = 0u;
  for (var row = lane; row < params.rows; row += LANES) {
    if (energies[row] >= energy) { own++; }
  }
  counts[lane] = own;
  workgroupBarrier();  // every lane's is in
  for (var width = LANES / 2u; width > 0u; width /= 2u) {
    if (lane < width) { counts[lane] += counts[lane + width]; }
    workgroupBarrier();  // this round's are whole
  }
  let all = counts[0];
  workgroupBarrier();  // all have read, so that the next call may write
  return all;
}

fn mark_of(size: u32, slot: u32) -> u32 {
  if (size <= 1u) { return NOTHING; }
  if (size > MOST << LARGEST_SHIFT) { return SICK; }
  var shift = 0u;
  while (size > MOST << shift) { shift++; }
  return shift | (slot << 8u);
}

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  // The least energy among the greatest, bit by bit from the highest; 0 where not so many have changed.
  var least = 0u;
  var places = 0u;  // for rows of just that energy
  if (params.top > 0u) {
    for (var bit = 0x40000000u; bit > 0u; bit >>= 1u) {
      if (count_rows(least | bit, lane) >= params.top) { least |= bit; }
    }
    places = params.top - count_rows(least + 1u, lane);
  }

  var equals = 0u;
  var slots = 0u;
  for (var base = 0u; base < params.rows; base += LANES) {
    let row = base + lane;
    var energy = 0u;
    var size = 0u;
    if (row < params.rows) {
      energy = energies[row];
      size = sizes[row];
    }
    let equal = count_yes(energy == least, lane);
    let is_top = energy > least || (energy == least && energy > 0u && equals + equal.x < places);
    let is_chosen = row >= params.first && (params.top == 0u || is_top);
    let slot = count_yes(is_chosen && size > 1u && size <= MOST << LARGEST_SHIFT, lane);
    if (row < params.rows) {
      let waits = !is_chosen || slots + slot.x >= params.slots;
      marks[row] = select(mark_of(size, slots + slot.x), WAITS, waits);
    }
    equals += equal.y;
    slots += slot.y;
  }
}
