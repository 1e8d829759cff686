/** One value of a params struct, in the shader's type. */
export type Param = readonly [type: 'f32' | 'u32' | 'i32', value: number]

/** Lays out a WGSL struct of 4-byte fields. */
export function packParams(...fields: readonly Param[]): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(4 * fields.length))
  for (const [i, [type, value]] of fields.entries()) {
    if (type === 'f32') view.setFloat32(4 * i, value, true)
    else view.setUint32(4 * i, value, true) // wraps, so it serves i32 as well
  }
  return view.buffer
}
