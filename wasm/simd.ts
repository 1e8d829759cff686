// What every kernel needs of SIMD.

/** a · b + c in four lanes: one rounding in the relaxed build where the machine has it, two otherwise. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c)
  return f32x4.add(f32x4.mul(a, b), c)
}

/** Sum of the four lanes, as (0 + 2) + (1 + 3). */
// @ts-ignore: decorator
@inline
export function sumLanes(a: v128): f32 {
  const pairs = f32x4.add(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1))
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1)
}

/** The greatest of four i32. */
// @ts-ignore: decorator
@inline
export function largestLane(a: v128): i32 {
  const pairs = i32x4.max_s(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1))
  return max<i32>(i32x4.extract_lane(pairs, 0), i32x4.extract_lane(pairs, 1))
}
