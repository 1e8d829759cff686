// out = the end of long chains of multiply-adds, 64 · ROUNDS of them in each lane
//
//   out   [lanes]      overwritten, so that the compiler cannot leave the chains out
//
// Four vec4 chains in each lane do not wait for one another.
//
// Dispatch: any number of workgroups, in one dimension.

override ROUNDS: u32 = 1024;

const LANES = 256u;

@group(0) @binding(0) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let factor = vec4f(1.0 - f32(id.x) * 1e-9);
  let term = vec4f(1e-3);
  var a = vec4f(f32(id.x));
  var b = a + 1.0;
  var c = a + 2.0;
  var d = a + 3.0;
  for (var round = 0u; round < ROUNDS; round++) {
    for (var i = 0u; i < 4u; i++) {
      a = fma(a, factor, term);
      b = fma(b, factor, term);
      c = fma(c, factor, term);
      d = fma(d, factor, term);
    }
  }
  let sum = a + b + c + d;
  out[id.x] = sum.x + sum.y + sum.z + sum.w;
}
