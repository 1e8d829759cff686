// scores = cosine of every row with every query
//
//   params     number of rows, number of queries
//   weights    [capacity, DIM]
//   queries    [DIM, QUERIES]        unit vectors, one to a column; unused columns are zero
//   scores     [QUERIES, rows]       overwritten; 0 where a row is zero, -1 where it is not finite
//
// One workgroup takes ROWS rows and all queries, SLICE dimensions at a time. A lane holds one row and four queries.
//
// Dispatch: ceil(rows / ROWS) workgroups, over two dimensions.

override DIM: u32 = 100;

const ROWS = 64u;
const QUERIES = 16u;
const SLICE = 16u;
const LANES = 256u;
const STRIDE = SLICE + 1u;

struct Params {
  rows: u32,
  queries: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> queries: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> scores: array<f32>;

var<workgroup> row_slice: array<f32, ROWS * STRIDE>;
var<workgroup> query_slice: array<vec4f, SLICE * QUERIES / 4u>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = (group.y * groups.x + group.x) * ROWS;
  let row = lane / (QUERIES / 4u);
  let four = lane % (QUERIES / 4u);
  var products = vec4f();
  var squares = 0.0;
  for (var start = 0u; start < DIM; start += SLICE) {
    for (var i = lane; i < ROWS * SLICE; i += LANES) {
      let d = start + i % SLICE;
      let source = first + i / SLICE;
      var value = 0.0;
      if (d < DIM && source < params.rows) { value = weights[source * DIM + d]; }
      row_slice[i / SLICE * STRIDE + i % SLICE] = value;
    }
    for (var i = lane; i < SLICE * QUERIES / 4u; i += LANES) {
      let d = start + i / (QUERIES / 4u);
      var value = vec4f();
      if (d < DIM) { value = queries[d * (QUERIES / 4u) + i % (QUERIES / 4u)]; }
      query_slice[i] = value;
    }
    workgroupBarrier();  // both slices are whole
    for (var d = 0u; d < SLICE; d++) {
      let value = row_slice[row * STRIDE + d];
      products = fma(vec4f(value), query_slice[d * (QUERIES / 4u) + four], products);
      squares = fma(value, value, squares);
    }
    workgroupBarrier();  // everyone has read before anyone overwrites
  }

  if (first + row >= params.rows) { return; }
  for (var i = 0u; i < 4u; i++) {
    if (4u * four + i >= params.queries) { break; }
    var score = select(0.0, products[i] / sqrt(squares), squares > 0.0);
    if ((bitcast<u32>(score) & 0x7fffffffu) >= 0x7f800000u || (bitcast<u32>(squares) & 0x7fffffffu) >= 0x7f800000u) {
      score = -1.0;
    }
    scores[(4u * four + i) * params.rows + first + row] = score;
  }
}
