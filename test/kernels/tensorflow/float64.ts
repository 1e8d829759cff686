// Plain float64 definitions of the operations whose gradients are our kernels, channels last, and numeric differentiation.

/** A tensor in float64. */
export interface Values {
  readonly shape: readonly number[]
  readonly values: Float64Array
}

export interface Window {
  readonly strides: readonly [number, number]
  /** Zeros above and on the left; those below and on the right follow from the output's size. */
  readonly before: readonly [number, number]
  readonly out: readonly [number, number]
}

/** y[n, p, q, k] = Σ x[n, s·p + i - before, …, c] · w[i, j, c, k]; `depthwise`: k = c·M + m, and no sum over c. */
export function convolution(x: Values, w: Values, window: Window, depthwise = false): Float64Array {
  const [images, , , channels] = x.shape
  const [filterHeight, filterWidth, , last] = w.shape
  const outChannels = depthwise ? channels * last : last
  const y = new Float64Array(images * window.out[0] * window.out[1] * outChannels)
  let to = 0
  for (let n = 0; n < images; n++)
    for (let p = 0; p < window.out[0]; p++)
      for (let q = 0; q < window.out[1]; q++)
        for (let k = 0; k < outChannels; k++, to++)
          for (let i = 0; i < filterHeight; i++)
            for (let j = 0; j < filterWidth; j++)
              for (let c = 0; c < channels; c++) {
                if (depthwise && Math.floor(k / last) !== c) continue
                const weight =
                  w.values[((i * filterWidth + j) * channels + c) * last + (depthwise ? k % last : k)]
                y[to] += weight * at(x, n, place(window, 0, p, i), place(window, 1, q, j), c, 0)
              }
  return y
}

/** The greatest value of each window. */
export function greatest(x: Values, size: readonly [number, number], window: Window): Float64Array {
  const [images, , , channels] = x.shape
  const y = new Float64Array(images * window.out[0] * window.out[1] * channels).fill(Number.NEGATIVE_INFINITY)
  let to = 0
  for (let n = 0; n < images; n++)
    for (let p = 0; p < window.out[0]; p++)
      for (let q = 0; q < window.out[1]; q++)
        for (let c = 0; c < channels; c++, to++)
          for (let i = 0; i < size[0]; i++)
            for (let j = 0; j < size[1]; j++)
              y[to] = Math.max(
                y[to],
                at(x, n, place(window, 0, p, i), place(window, 1, q, j), c, Number.NEGATIVE_INFINITY)
              )
  return y
}

/** a · b, [rows, inner] · [inner, columns]. */
export function product(a: Values, b: Values): Float64Array {
  const [rows, inner] = a.shape
  const columns = b.shape[1]
  const y = new Float64Array(rows * columns)
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++)
      for (let i = 0; i < inner; i++)
        y[r * columns + c] += a.values[r * inner + i] * b.values[i * columns + c]
  return y
}

/** Every value as a square of four. */
export function doubled(x: Values): Float64Array {
  const [images, height, width, channels] = x.shape
  const y = new Float64Array(4 * x.values.length)
  let to = 0
  for (let n = 0; n < images; n++)
    for (let p = 0; p < 2 * height; p++)
      for (let q = 0; q < 2 * width; q++)
        for (let c = 0; c < channels; c++, to++) y[to] = at(x, n, p >> 1, q >> 1, c, 0)
  return y
}

/** d Σ dy·f(x) / dx by central differences. */
export function gradient(x: Float64Array, dy: ArrayLike<number>, f: () => Float64Array): Float64Array {
  const step = 1e-5
  return x.map((value, i) => {
    x[i] = value + step
    const above = dot(f(), dy)
    x[i] = value - step
    const below = dot(f(), dy)
    x[i] = value
    return (above - below) / (2 * step)
  })
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}

function place({ strides, before }: Window, axis: 0 | 1, out: number, within: number): number {
  return out * strides[axis] + within - before[axis]
}

function at(
  { shape, values }: Values,
  n: number,
  row: number,
  column: number,
  c: number,
  outside: number
): number {
  const [, height, width, channels] = shape
  if (row < 0 || row >= height || column < 0 || column >= width) return outside
  return values[((n * height + row) * width + column) * channels + c]
}
