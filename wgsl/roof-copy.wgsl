// out = in
//
//   in    [vec4s]
//   out   [vec4s]      overwritten
//
// Dispatch: any number of workgroups, in one dimension; they share the work.

const LANES = 256u;

@group(0) @binding(0) var<storage, read> in: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let length = arrayLength(&in);
  for (var i = id.x; i < length; i += groups.x * LANES) { out[i] = in[i]; }
}
