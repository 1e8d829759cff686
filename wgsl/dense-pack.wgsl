// Packs rows of a weight, in two passes between which wgsl/dense-choose.wgsl decides about rows. Pass 1, WRITES false:
//
//   sizes = ⌈2·max|α·d|⌉,  energies = Σd²,  d = (weights - unit·shared) / unit
//
// Pass 2, WRITES true, on rows with a shift:
//
//   shared += q << shift,  q = round(α·d / 2^shift), halves to even;  where α < 1: weights = unit·(shared before + α·d)
//
// and on those that are SICK: weights = unit·shared.
//
//   params     unit, and where the weight is
//   weights    [size]          bits of f32; pass 2 updates
//   agreed     [rows, 256]     `shared`, in `unit`; pass 2 updates
//   shares     [rows]          α · 2^32; 0 is α = 1
//   sizes      [rows]          pass 1 overwrites the weight's rows
//   energies   [rows]          pass 1 overwrites the weight's rows: bits of f32
//   marks      [rows]          pass 2 reads: shift | slot << 8, or one of the words below
//   packed     [slots, 32]     pass 2 overwrites: q of values l, l + 32, … l + 224 in word l, four bits each, lowest first
//
// All but the energies and the new weights is whole numbers, and exact, fused or not: the unit is a power of two, and what a weight is
// off the nearest integer has no more bits than the weight. So equal weights give equal `shared` and `packed` on every device. The new
// weights may differ by a rounding.
//
// 32 lanes take one row.
//
// Dispatch: ceil(the weight's rows / 8) workgroups, over two dimensions.

override WRITES: bool = false;

const LANES = 256u;
const ROW_LANES = 32u;
const ROW_VALUES = 256u;
const SHIFTS = 0xffu;
const LARGEST_SHIFT = 24u;
const SICK_MARK = 0xfdu;
const SICK = 0xffffffffu;
const HALF = 0x80000000u;
const PARTS = 4294967296.0;
const INFINITE = 0x7f800000u;

struct Params {
  unit: f32,
  per_unit: f32,
  limit: u32,
  first_row: u32,
  rows: u32,
  size: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> weights: array<u32>;
@group(0) @binding(2) var<storage, read_write> agreed: array<i32>;
@group(0) @binding(3) var<storage, read> shares: array<u32>;
@group(0) @binding(4) var<storage, read_write> sizes: array<u32>;
@group(0) @binding(5) var<storage, read_write> energies: array<u32>;
@group(0) @binding(6) var<storage, read> marks: array<u32>;
@group(0) @binding(7) var<storage, read_write> packed: array<u32>;

var<workgroup> largest: array<u32, LANES>;
var<workgroup> sums: array<f32, LANES>;

// ±(whole + part / 2^32); what is below 2^-32 is kept as a part that is odd.
struct Change {
  negative: bool,
  whole: u32,
  part: u32,
}

// d. Multiplying by the unit, a power of two, and the difference to the nearest integer are exact.
fn change_of(weight: f32, before: i32) -> Change {
  let units = weight * params.per_unit;
  let nearest = round(units);
  let rest = units - nearest;
  let whole = i32(nearest);
  let negative = whole < before || (whole == before && rest < 0.0);
  // Modulo 2^32, which the difference of two i32 is below.
  let difference = bitcast<u32>(whole) - bitcast<u32>(before);
  var change = Change(negative, select(difference, 0u - difference, negative), 0u);
  let parts = abs(rest) * PARTS;
  change.part = u32(parts);
  let odd = select(0u, 1u, f32(change.part) != parts);
  if (rest != 0.0 && (rest < 0.0) != negative) {
    change.whole -= 1u;
    change.part = 0u - change.part - odd;
  }
  change.part |= odd;
  return change;
}

// a·b, high word and low word.
fn product(a: u32, b: u32) -> vec2u {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let left = (a >> 16u) * (b & 0xffffu);
  let right = (a & 0xffffu) * (b >> 16u);
  let middle = (low >> 16u) + (left & 0xffffu) + (right & 0xffffu);
  return vec2u((a >> 16u) * (b >> 16u) + (left >> 16u) + (right >> 16u) + (middle >> 16u), a * b);
}

// α·d
fn shared_out(change: Change, share: u32) -> Change {
  if (share == 0u) { return change; }
  let whole = product(change.whole, share);
  let part = product(change.part, share);
  let sum = whole.y + part.x;
  let carry = select(0u, 1u, sum < part.x);
  return Change(change.negative, whole.x + carry, sum | select(0u, 1u, part.y != 0u));
}

fn rounded(change: Change, shift: u32) -> i32 {
  let base = change.whole >> shift;
  // What is behind the point of whole / 2^shift, in its 2^-32.
  var behind = change.part;
  var odd = false;
  if (shift > 0u) {
    behind = (change.whole << (32u - shift)) | (change.part >> shift);
    odd = (change.part << (32u - shift)) != 0u;
  }
  let up = behind > HALF || (behind == HALF && (odd || (base & 1u) == 1u));
  let size = bitcast<i32>(base) + select(0, 1, up);
  return select(size, -size, change.negative);
}

fn is_healthy(bits: u32) -> bool {
  return (bits & 0x7fffffffu) <= params.limit;  // bits of sizes have the order of the floats, with NaN above all
}

fn measure(row: u32, is_row: bool, lane: u32) {
  let first = row * ROW_VALUES;
  var most = 0u;
  var energy = 0.0;
  for (var d = lane % ROW_LANES; is_row && d < ROW_VALUES && first + d < params.size; d += ROW_LANES) {
    let bits = weights[first + d];
    if (!is_healthy(bits)) {
      most = SICK;
      continue;
    }
    let table_row = params.first_row + row;
    let change = change_of(bitcast<f32>(bits), agreed[table_row * ROW_VALUES + d]);
    let length = f32(change.whole) + f32(change.part) / PARTS;
    energy += length * length;
    let out = shared_out(change, shares[table_row]);
    let halves = 2u * out.whole + select(0u, 1u, out.part > 0u) + select(0u, 1u, out.part > HALF);
    most = max(most, select(halves, SICK, out.whole >= HALF / 2u));
  }
  largest[lane] = most;
  sums[lane] = energy;
  workgroupBarrier();  // every lane's are in
  for (var width = ROW_LANES / 2u; width > 0u; width /= 2u) {
    if (lane % ROW_LANES < width) {
      largest[lane] = max(largest[lane], largest[lane + width]);
      sums[lane] += sums[lane + width];
    }
    workgroupBarrier();  // this round's are whole
  }
  if (is_row && lane % ROW_LANES == 0u) {
    sizes[params.first_row + row] = largest[lane];
    energies[params.first_row + row] = select(bitcast<u32>(sums[lane]), INFINITE, largest[lane] == SICK);
  }
}

fn write(row: u32, lane: u32) {
  let table_row = params.first_row + row;
  let mark = marks[table_row];
  let shift = mark & SHIFTS;
  if (shift > LARGEST_SHIFT && shift != SICK_MARK) { return; }
  let share = shares[table_row];
  var word = 0u;
  for (var i = 0u; i < ROW_VALUES / ROW_LANES; i++) {
    let d = i * ROW_LANES + lane % ROW_LANES;
    let at = row * ROW_VALUES + d;
    if (at >= params.size) { break; }
    let before = agreed[table_row * ROW_VALUES + d];
    if (shift == SICK_MARK) {
      weights[at] = bitcast<u32>(params.unit * f32(before));
      continue;
    }
    let change = shared_out(change_of(bitcast<f32>(weights[at]), before), share);
    let q = rounded(change, shift);
    if (share != 0u) {
      let whole = before + select(bitcast<i32>(change.whole), -bitcast<i32>(change.whole), change.negative);
      let part = f32(change.part) / PARTS;
      weights[at] = bitcast<u32>(params.unit * (f32(whole) + select(part, -part, change.negative)));
    }
    agreed[table_row * ROW_VALUES + d] = before + (q << shift);
    word = insertBits(word, bitcast<u32>(q), 4u * i, 4u);
  }
  if (shift != SICK_MARK) { packed[(mark >> 8u) * ROW_LANES + lane % ROW_LANES] = word; }
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = (group.y * groups.x + group.x) * (LANES / ROW_LANES) + lane / ROW_LANES;
  if (!WRITES) { measure(row, row < params.rows, lane); }
  else if (row < params.rows) { write(row, lane); }
}
