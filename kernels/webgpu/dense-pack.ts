import { type DensePack, type DensePackRules, largestWeight, ROW_VALUES, type WeightRows } from '../dense.ts'
import type { DenseMemory } from './dense-memory.ts'
import type { Gpu } from './gpu.ts'
import type { Kernel } from './kernel.ts'
import { packParams } from './params.ts'

const ROWS_PER_WORKGROUP = 8
/** Words of a packed row: lane l has the values l, l + 32, …, four bits each. */
const ROW_WORDS = 32
/** As wgsl/dense-choose.wgsl has them. */
const WAITS = 0xff
const SICK = 0xfd
const LARGEST_SHIFT = 24

/** Runs wgsl/dense-pack.wgsl over the weights, wgsl/dense-choose.wgsl over their rows, and the former again: one submission. */
export async function packDense(gpu: Gpu, memory: DenseMemory, rules: DensePackRules): Promise<DensePack> {
  const { weights, cut, unit, rows, shared, shares, sizes, energies, marks } = memory
  const slots = Math.min(rules.limit, rules.top ?? rows, rows)
  const markBytes = 4 * rows
  const packedBytes = 4 * ROW_WORDS * slots
  const exact = Uint32Array.from(rules.shares, share => share * 2 ** 32) // 1 wraps to 0
  gpu.write(shares, 0, exact)
  const packed = await gpu.buffer('dense pack', packedBytes, 'pack fewer rows at a time')
  const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST
  const staging = gpu.device.createBuffer({ label: 'dense pack', size: markBytes + packedBytes, usage })
  const buffers = cut.map((_, i) => weights.buffer(i))
  weights.submit()
  gpu.record(to => {
    const places = cut.map(weight => to.params(placeParams(weight, unit)))
    const each = (kernel: Kernel) => {
      for (const [i, { firstRow, endRow }] of cut.entries()) {
        const group = kernel.bind(places[i], buffers[i], shared, shares, sizes, energies, marks, packed)
        to.dispatch(kernel, group, Math.ceil((endRow - firstRow) / ROWS_PER_WORKGROUP))
      }
    }
    each(memory.measure)
    const top = rules.top === undefined ? 0 : Math.min(rules.top, rows)
    const chosen = to.params(packParams(['u32', rows], ['u32', rules.first], ['u32', slots], ['u32', top]))
    to.dispatch(memory.choose, memory.choose.bind(chosen, sizes, energies, marks), 1)
    each(memory.pack)
    to.copy(marks, 0, staging, 0, markBytes)
    to.copy(packed, 0, staging, markBytes, packedBytes)
    to.release(packed)
  })
  for (const i of cut.keys()) weights.changed(i)
  await staging.mapAsync(GPUMapMode.READ).catch(async error => {
    await gpu.done() // where the device was lost, it says so
    throw error
  })
  const words = new Uint32Array(staging.getMappedRange().slice(0))
  staging.destroy()
  return unpacked(words.subarray(0, rows), words.subarray(rows))
}

/** `Params` of wgsl/dense-pack.wgsl. */
function placeParams({ firstRow, endRow, size }: WeightRows, unit: number): ArrayBuffer {
  return packParams(
    ['f32', unit],
    ['f32', 1 / unit],
    ['u32', bitsBelow(largestWeight(unit))],
    ['u32', firstRow],
    ['u32', endRow - firstRow],
    ['u32', size]
  )
}

/** The pack that marks [rows] and words [slots, 32] tell. */
function unpacked(marks: Uint32Array, words: Uint32Array): DensePack {
  const looked: number[] = []
  const sick: number[] = []
  const rows: number[] = []
  for (const [row, mark] of marks.entries()) {
    if (mark === WAITS) continue
    looked.push(row)
    if (mark === SICK) sick.push(row)
    else if ((mark & 0xff) <= LARGEST_SHIFT) rows.push(row)
  }
  const values = new Int8Array(rows.length * ROW_VALUES)
  for (let i = 0; i < rows.length * ROW_WORDS; i++) {
    let to = Math.floor(i / ROW_WORDS) * ROW_VALUES + (i % ROW_WORDS)
    // The lowest four bits with their sign, eight times.
    for (let bits = 28; bits >= 0; bits -= 4, to += ROW_WORDS) values[to] = (words[i] << bits) >> 28
  }
  return {
    rows: Uint32Array.from(rows),
    shifts: Uint8Array.from(rows, row => marks[row]),
    values,
    looked: Uint32Array.from(looked),
    sick: Uint32Array.from(sick)
  }
}

/** Bits of the largest f32 that is not above a positive number. */
function bitsBelow(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]
  return Math.fround(value) <= value ? bits : bits - 1
}
