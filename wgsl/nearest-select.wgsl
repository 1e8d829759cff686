// best = for each query and each block of rows, the rows of greatest score, best first
//
//   params     number of rows, number of blocks, how many to find
//   scores     [queries, rows]                  what is found is set to TAKEN
//   best       [queries, blocks, found, 2]      overwritten: row, score; fewer rows than asked for leave row NONE
//
// One workgroup takes a block of BLOCK rows and one query, and finds the best of what is left, again and again. Of equal
// scores the lower row is better.
//
// Dispatch: (blocks, queries, 1).

override BLOCK: u32 = 4096;

const LANES = 256u;
const TAKEN = -2.0;
const NONE = 0xffffffffu;

struct Params {
  rows: u32,
  blocks: u32,
  found: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> scores: array<f32>;
@group(0) @binding(2) var<storage, read_write> best: array<u32>;

var<workgroup> best_scores: array<f32, LANES>;
var<workgroup> best_rows: array<u32, LANES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = group.x * BLOCK;
  let last = min(first + BLOCK, params.rows);
  let query = group.y * params.rows;
  for (var place = 0u; place < params.found; place++) {
    var score = TAKEN;
    var row = NONE;
    for (var i = first + lane; i < last; i += LANES) {
      let candidate = scores[query + i];
      if (candidate > score) {
        score = candidate;
        row = i;
      }
    }
    best_scores[lane] = score;
    best_rows[lane] = row;
    workgroupBarrier();  // every lane's best is in
    for (var width = LANES / 2u; width > 0u; width /= 2u) {
      if (lane < width) {
        let other = best_scores[lane + width];
        let mine = best_scores[lane];
        if (other > mine || (other == mine && best_rows[lane + width] < best_rows[lane])) {
          best_scores[lane] = other;
          best_rows[lane] = best_rows[lane + width];
        }
      }
      workgroupBarrier();  // this round's are whole
    }
    if (lane == 0u) {
      let at = 2u * ((group.y * params.blocks + group.x) * params.found + place);
      best[at] = best_rows[0];
      best[at + 1u] = bitcast<u32>(best_scores[0]);
      if (best_rows[0] != NONE) { scores[query + best_rows[0]] = TAKEN; }
    }
    storageBarrier();  // what is taken is seen by all lanes
    workgroupBarrier();  // lane 0 has read before the next best overwrites
  }
}
