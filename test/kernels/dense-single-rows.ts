// Rows on each side of every edge of packing.

import { UNIT } from './dense-case.ts'

export const units = (...values: number[]) => Float32Array.from(values, value => value * UNIT)

/** The weights; what is agreed on, by default 0; α, by default 1; what is packed, or that it is nothing or sick. */
export const singleRows: {
  why: string
  weights: Float32Array
  shared?: number[]
  share?: number
  packed: { shift: number; values: number[] } | 'nothing' | 'sick'
}[] = [
  { why: 'most is 7 units', weights: units(7, -3, 0), packed: { shift: 0, values: [7, -3, 0] } },
  { why: 'most is a little more', weights: units(7 + 2 ** -20, 6), packed: { shift: 1, values: [4, 3] } },
  { why: 'most is 14 units', weights: units(-14, 2), packed: { shift: 1, values: [-7, 1] } },
  { why: 'most is 15 units', weights: units(15, 1), packed: { shift: 2, values: [4, 0] } },
  { why: 'half a unit', weights: units(0.5, -0.5), packed: 'nothing' },
  {
    why: 'more than half a unit',
    weights: units(0.5 + 2 ** -24, -0.5),
    packed: { shift: 0, values: [1, 0] }
  },
  { why: 'halves', weights: units(0.5, 1.5, -2.5, 3.5), packed: { shift: 0, values: [0, 2, -2, 4] } },
  {
    why: 'a half that 32 bits would round up to',
    weights: units(0.5 - 2 ** -25, 0.5),
    shared: [-5, -5],
    packed: { shift: 0, values: [5, 6] }
  },
  { why: 'halves of a shift', weights: units(28, 22, -18, 2), packed: { shift: 2, values: [7, 6, -4, 0] } },
  {
    why: 'a trifle beyond such a half',
    weights: units(28, 2 ** -40, -(2 ** -40)),
    shared: [0, -18, 18],
    packed: { shift: 2, values: [7, 5, -5] }
  },
  {
    why: 'a trifle short of one',
    weights: units(28, -(2 ** -40), 2 ** -40),
    shared: [0, -22, 22],
    packed: { shift: 2, values: [7, 5, -5] }
  },
  {
    why: 'a trifle short of a unit',
    weights: units(-(2 ** -40), 2 ** -40),
    shared: [-5, 5],
    packed: { shift: 0, values: [5, -5] }
  },
  {
    why: 'more than 24 bits',
    weights: units(2 ** 25 + 4, 0),
    shared: [2 ** 25 + 1, 0],
    packed: { shift: 0, values: [3, 0] }
  },
  { why: 'the largest shift', weights: units(2 ** 26, 0), packed: { shift: 24, values: [4, 0] } },
  { why: 'all it can say', weights: units(7 * 2 ** 24, 0), packed: { shift: 24, values: [7, 0] } },
  { why: 'more than it can say', weights: units(7 * 2 ** 24 + 8, 0), packed: 'sick' },
  { why: 'from one end to the other', weights: units(1.8e9, 0), shared: [-(2 ** 31), 0], packed: 'sick' },
  { why: 'farther than 31 bits', weights: units(0, 0), shared: [-(2 ** 31), 0], packed: 'sick' },
  {
    why: 'the largest weight',
    weights: units(1932735232),
    shared: [1932735230],
    packed: { shift: 0, values: [2] }
  },
  { why: 'a larger weight', weights: units(1932735360), shared: [1932735360], packed: 'sick' },
  { why: 'NaN', weights: Float32Array.of(1, Number.NaN), packed: 'sick' },
  { why: 'infinity', weights: Float32Array.of(Number.NEGATIVE_INFINITY, 1), packed: 'sick' },
  { why: 'a half of it', weights: units(6, 1, -3), share: 0.5, packed: { shift: 0, values: [3, 0, -2] } },
  { why: 'a third of it', weights: units(21, 9, -4), share: 1 / 3, packed: { shift: 0, values: [7, 3, -1] } },
  {
    why: 'a share of 3.5 that is 2.5 and 2^-33',
    weights: units(3.5),
    share: 3067833783 / 2 ** 32,
    packed: { shift: 0, values: [3] }
  },
  { why: 'three quarters', weights: units(8, -2, 6), share: 0.75, packed: { shift: 0, values: [6, -2, 4] } },
  { why: 'a half of half a unit', weights: units(1, -1), share: 0.5, packed: 'nothing' },
  {
    why: 'a share of much',
    weights: units(2 ** 28),
    shared: [-(2 ** 24)],
    share: 0.25,
    packed: { shift: 24, values: [4] }
  }
]
