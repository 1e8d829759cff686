// Plain float64 definitions of layers, channels last, from their inputs and weights in the order in which a layer has them.

import { convolution, doubled, greatest, product, type Values, type Window } from './float64.ts'

/** What a layer gives, as training sees it. */
export type Definition = (inputs: readonly Values[], weights: readonly Values[]) => Float64Array

export const same: Definition = ([x]) => x.values

/** Each value by itself. */
export function each(f: (value: number, at: number) => number): Definition {
  return ([x]) => x.values.map(f)
}

/** Several inputs, value by value. */
export function together(f: (...values: number[]) => number): Definition {
  return inputs => inputs[0].values.map((_, i) => f(...inputs.map(({ values }) => values[i])))
}

export const elu = (value: number) => (value > 0 ? value : Math.exp(value) - 1)
export const relu = (value: number) => Math.max(0, value)
export const sigmoid = (value: number) => 1 / (1 + Math.exp(-value))
const hardSigmoid = (value: number) => Math.min(1, Math.max(0, 0.2 * value + 0.5))

/** x · kernel + bias along the last axis. */
export function dense(x: Values, kernel: Values, bias: Values): Float64Array {
  const inner = kernel.shape[0]
  const rows = { shape: [x.values.length / inner, inner], values: x.values }
  return biased(product(rows, kernel), bias)
}

export function biased(values: Float64Array, { values: bias }: Values): Float64Array {
  return values.map((value, i) => value + bias[i % bias.length])
}

export const softmax: Definition = ([{ shape, values }]) =>
  byRow(values, shape[shape.length - 1], row => {
    const greatestValue = Math.max(...row)
    const powers = row.map(value => Math.exp(value - greatestValue))
    const sum = powers.reduce((a, b) => a + b)
    return powers.map(power => power / sum)
  })

export function byRow(
  values: Float64Array,
  width: number,
  f: (row: Float64Array) => ArrayLike<number>
): Float64Array {
  const rows = Array.from({ length: values.length / width }, (_, i) =>
    Array.from(f(values.slice(i * width, (i + 1) * width)))
  )
  return Float64Array.from(rows.flat())
}

/** A window without padding. */
export function valid(x: Values, size: readonly number[], strides: readonly [number, number]): Window {
  const places = (axis: 0 | 1) => Math.floor((x.shape[1 + axis] - size[axis]) / strides[axis]) + 1
  return { strides, before: [0, 0], out: [places(0), places(1)] }
}

/** [n, steps, channels] as images of width 1. */
export function upright({ shape: [n, steps, channels], values }: Values): Values {
  return { shape: [n, steps, 1, channels], values }
}

/** y[n, s·p + i, s·q + j, k] = Σ x[n, p, q, c] · w[i, j, k, c], with stride 2. */
export const transposedConvolution: Definition = ([x, ...rest], [w, bias]) => {
  const [images, height, width, channels] = x.shape
  const [filterHeight, filterWidth, filters] = w.shape
  const [outHeight, outWidth] = [(height - 1) * 2 + filterHeight, (width - 1) * 2 + filterWidth]
  const y = new Float64Array(images * outHeight * outWidth * filters)
  for (let n = 0, from = 0; n < images; n++)
    for (let p = 0; p < height; p++)
      for (let q = 0; q < width; q++)
        for (let c = 0; c < channels; c++, from++)
          for (let i = 0; i < filterHeight; i++)
            for (let j = 0; j < filterWidth; j++)
              for (let k = 0; k < filters; k++)
                y[((n * outHeight + 2 * p + i) * outWidth + 2 * q + j) * filters + k] +=
                  x.values[from] * w.values[((i * filterWidth + j) * filters + k) * channels + c]
  if (rest.length > 0) throw new Error('one input wanted')
  return biased(y, bias)
}

export const separableConvolution: Definition = ([x], [depth, point, bias]) => {
  const window = valid(x, depth.shape, [1, 1])
  const between = {
    shape: [x.shape[0], ...window.out, x.shape[3]],
    values: convolution(x, depth, window, true)
  }
  return biased(convolution(between, point, valid(between, [1, 1], [1, 1])), bias)
}

/** Means over windows of 2 by 2. */
export const means: Definition = ([x]) => {
  const channels = x.shape[3]
  // A filter of quarters on the diagonal.
  const values = new Float64Array(4 * channels * channels)
  for (let i = 0; i < 4; i++)
    for (let c = 0; c < channels; c++) values[(i * channels + c) * channels + c] = 0.25
  return convolution(x, { shape: [2, 2, channels, channels], values }, valid(x, [2, 2], [2, 2]))
}

export const maxima: Definition = ([x]) => greatest(x, [2, 2], valid(x, [2, 2], [2, 2]))

/** One value of each image and channel, of all its places. */
export function overPlaces(f: (values: number[]) => number): Definition {
  return ([{ shape, values }]) => {
    const channels = shape[3]
    const places = shape[1] * shape[2]
    return Float64Array.from({ length: shape[0] * channels }, (_, i) => {
      const [n, c] = [Math.floor(i / channels), i % channels]
      return f(Array.from({ length: places }, (_, place) => values[(n * places + place) * channels + c]))
    })
  }
}

export const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b) / values.length

/** (x - mean) / √(variance + ε) · scale + shift, ε 0.001. */
function normalised(values: Float64Array): Float64Array {
  const centre = mean(values)
  const spread = Math.sqrt(mean(values.map(value => (value - centre) ** 2)) + 1e-3)
  return values.map(value => (value - centre) / spread)
}

/** Each channel over the whole batch. */
export const batchNormalization: Definition = ([{ shape, values }], [scale, shift]) => {
  const channels = shape[shape.length - 1]
  const y = new Float64Array(values.length)
  for (let c = 0; c < channels; c++) {
    const channel = normalised(values.filter((_, i) => i % channels === c))
    for (const [i, value] of channel.entries())
      y[i * channels + c] = value * scale.values[c] + shift.values[c]
  }
  return y
}

export const layerNormalization: Definition = ([{ shape, values }], [scale, shift]) => {
  const width = shape[shape.length - 1]
  return byRow(values, width, normalised).map(
    (value, i) => value * scale.values[i % width] + shift.values[i % width]
  )
}

/** [n, a, b, c] as [n, b, a, c]. */
export const permuted: Definition = ([{ shape, values }]) => {
  const [, rows, columns, channels] = shape
  return values.map((_, i) => {
    const [c, a, b] = [
      i % channels,
      Math.floor(i / channels) % rows,
      Math.floor(i / (channels * rows)) % columns
    ]
    const n = Math.floor(i / (channels * rows * columns))
    return values[((n * rows + a) * columns + b) * channels + c]
  })
}

/** What a recurrent layer's cell gives from one step's input and its state. */
type Cell = (x: Float64Array, state: Float64Array[], weights: readonly Values[]) => Float64Array[]

/** The states of all steps of each sequence, or the last one's; the first of a state is what is given. */
export function recurrent(cell: Cell, states: number, units: number, all: boolean): Definition {
  return ([{ shape, values }], weights) => {
    const [sequences, steps, width] = shape
    const given: number[] = []
    for (let n = 0; n < sequences; n++) {
      let state: Float64Array[] = Array.from({ length: states }, () => new Float64Array(units))
      for (let step = 0; step < steps; step++) {
        const from = (n * steps + step) * width
        state = cell(values.subarray(from, from + width), state, weights)
        if (all || step === steps - 1) given.push(...state[0])
      }
    }
    return Float64Array.from(given)
  }
}

/** One row by a matrix. */
function times(x: Float64Array, w: Values): Float64Array {
  return product({ shape: [1, x.length], values: x }, w)
}

const sum = (...parts: ArrayLike<number>[]) =>
  Float64Array.from({ length: parts[0].length }, (_, i) => parts.reduce((all, part) => all + part[i], 0))

export const simpleCell: Cell = (x, [h], [kernel, recurrentKernel, bias]) => [
  sum(times(x, kernel), times(h, recurrentKernel), bias.values).map(Math.tanh)
]

/** Hochreiter & Schmidhuber 1997 with the forget gate of Gers; gates: in, forget, candidate, out. */
export const lstmCell: Cell = (x, [h, c], [kernel, recurrentKernel, bias]) => {
  const units = h.length
  const z = sum(times(x, kernel), times(h, recurrentKernel), bias.values)
  const gate = (i: number) => z.subarray(i * units, (i + 1) * units)
  const [into, forget, out] = [0, 1, 3].map(i => gate(i).map(hardSigmoid))
  const candidate = gate(2).map(Math.tanh)
  const cell = c.map((value, i) => forget[i] * value + into[i] * candidate[i])
  return [cell.map((value, i) => out[i] * Math.tanh(value)), cell]
}

/** Cho et al. 2014; gates: update, reset, candidate; the state is reset before its product. */
export const gruCell: Cell = (x, [h], [kernel, recurrentKernel, bias]) => {
  const units = h.length
  const input = sum(times(x, kernel), bias.values)
  const before = times(h, recurrentKernel)
  const gate = (i: number) =>
    sum(input.subarray(i * units, (i + 1) * units), before.subarray(i * units, (i + 1) * units)).map(
      hardSigmoid
    )
  const [update, reset] = [gate(0), gate(1)]
  const held = times(
    h.map((value, i) => reset[i] * value),
    recurrentKernel
  )
  const candidate = sum(input.subarray(2 * units), held.subarray(2 * units)).map(Math.tanh)
  return [candidate.map((value, i) => update[i] * h[i] + (1 - update[i]) * value)]
}

/** The last states of a sequence read from its begin and from its end, back to back. */
export const bothWays: Definition = ([x], weights) => {
  const units = weights[1].shape[0]
  const last = recurrent(gruCell, 1, units, false)
  const [sequences, steps, width] = x.shape
  const backwards = x.values.map((_, i) => {
    const [n, step, c] = [Math.floor(i / (steps * width)), Math.floor(i / width) % steps, i % width]
    return x.values[(n * steps + steps - 1 - step) * width + c]
  })
  const there = last([x], weights.slice(0, 3))
  const back = last([{ shape: x.shape, values: backwards }], weights.slice(3))
  return beside(units, there, back, sequences)
}

/** Rows of two matrices of equal width, side by side. */
export function beside(width: number, a: Float64Array, b: Float64Array, rows: number): Float64Array {
  const joined: number[] = []
  for (let n = 0; n < rows; n++)
    joined.push(...a.subarray(n * width, (n + 1) * width), ...b.subarray(n * width, (n + 1) * width))
  return Float64Array.from(joined)
}

/** Two rows and columns of zeros around each image. */
export const padded: Definition = ([{ shape, values }]) => {
  const [images, height, width, channels] = shape
  const y = new Float64Array(images * (height + 4) * (width + 4) * channels)
  for (const [i, value] of values.entries()) {
    const c = i % channels
    const [q, p] = [Math.floor(i / channels) % width, Math.floor(i / (channels * width)) % height]
    const n = Math.floor(i / (channels * width * height))
    y[((n * (height + 4) + p + 2) * (width + 4) + q + 2) * channels + c] = value
  }
  return y
}

export const enlarged: Definition = ([x]) => doubled(x)
