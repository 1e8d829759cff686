// ordered = whether lanes 4n … 4n + 3 of a workgroup are neighbours in their subgroup
//
//   ordered   [lanes]      overwritten: 1 where a lane finds the next and the next but one where it looks for them
//
// WGSL leaves the order open; sgns-subgroup.wgsl relies on it.
//
// Dispatch: (1, 1, 1).

enable subgroups;

const LANES = 128u;

@group(0) @binding(0) var<storage, read_write> ordered: array<u32>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  let near = subgroupShuffleXor(lane, 1u) == (lane ^ 1u);
  let far = subgroupShuffleXor(lane, 2u) == (lane ^ 2u);
  ordered[lane] = select(0u, 1u, near && far);
}
