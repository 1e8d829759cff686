import {
  addN,
  backend_util,
  Conv2DBackpropFilter,
  Conv2DBackpropInput,
  conv2d,
  matMul,
  pad,
  reshape,
  reverse,
  slice,
  type Tensor,
  type Tensor4D,
  tidy,
  transpose
} from '@tensorflow/tfjs-core'
import { composed } from './composed.ts'
import { patchesOf } from './patches.ts'

type Shape4D = [number, number, number, number]
type Padding = Parameters<typeof conv2d>[3]

interface ConvolutionAttributes {
  readonly strides: number | [number, number]
  readonly pad: Padding
  readonly dataFormat: 'NHWC' | 'NCHW'
  readonly dimRoundingMode: 'floor' | 'round' | 'ceil'
}

// Values of the image's patches that are laid out at once: 16 MiB.
const PATCH_VALUES = 2 ** 22

/**
 * dW[i, j, c, k] = Σ x[n, s·y + i, s·x + j, c] · dy[n, y, x, k]: dy turned over, [K, N·Y·X], times the patches of the image, [N·Y·X,
 * I·J·C]. Of some images at a time, so that the patches need little memory.
 */
export const conv2DBackpropFilter = composed(
  Conv2DBackpropFilter,
  (
    { x, dy }: { x: Tensor4D; dy: Tensor4D },
    attributes: ConvolutionAttributes & { readonly filterShape: Shape4D },
    backend
  ) => {
    const { filterShape, dataFormat } = attributes
    const [filterHeight, filterWidth, channels, outChannels] = filterShape
    const image = channelsLast(x, dataFormat)
    const change = channelsLast(dy, dataFormat)
    const info = infoOf(x.shape, filterShape, attributes)
    const [images, outHeight, outWidth] = change.shape
    const places = outHeight * outWidth
    const atOnce = Math.max(1, Math.floor(PATCH_VALUES / (places * filterHeight * filterWidth * channels)))
    const rows = reshape(change, [images * places, outChannels])
    const sums: Tensor[] = []
    for (let first = 0; first < images; first += atOnce) {
      const count = Math.min(atOnce, images - first)
      sums.push(
        tidy(() => {
          const patches = patchesOf(backend, image, info, first, count)
          const some = slice(rows, [first * places, 0], [count * places, outChannels])
          return matMul(some, patches, true, false)
        })
      )
    }
    return reshape(transpose(addN(sums)), filterShape)
  }
)

/**
 * dx = dy, spread out by the stride and padded, convolved with the filter turned around: the plain kernel of TensorFlow.js is a loop
 * without SIMD.
 */
export const conv2DBackpropInput = composed(
  Conv2DBackpropInput,
  (
    { dy, filter }: { dy: Tensor4D; filter: Tensor4D },
    attributes: ConvolutionAttributes & { readonly inputShape: Shape4D }
  ) => {
    const { inputShape, dataFormat } = attributes
    const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo, inHeight, inWidth } = infoOf(
      inputShape,
      filter.shape,
      attributes
    )
    const spread = spreadOut(channelsLast(dy, dataFormat), strideHeight, strideWidth)
    const top = filterHeight - 1 - padInfo.top
    const left = filterWidth - 1 - padInfo.left
    const bottom = inHeight + filterHeight - 1 - top - spread.shape[1]
    const right = inWidth + filterWidth - 1 - left - spread.shape[2]
    const turned = transpose(reverse(filter, [0, 1]), [0, 1, 3, 2]) as Tensor4D
    const dx = conv2d(padOrCut(spread, [top, bottom], [left, right]), turned, 1, 'valid')
    return dataFormat === 'NCHW' ? transpose(dx, [0, 3, 1, 2]) : dx
  }
)

/** Sizes, strides and padding. */
function infoOf(
  shape: Shape4D,
  filter: Shape4D,
  { strides, pad, dataFormat, dimRoundingMode }: ConvolutionAttributes
) {
  const format = backend_util.convertConv2DDataFormat(dataFormat)
  return backend_util.computeConv2DInfo(shape, filter, strides, 1, pad, dimRoundingMode, false, format)
}

function channelsLast(x: Tensor4D, format: 'NHWC' | 'NCHW'): Tensor4D {
  return format === 'NCHW' ? transpose(x, [0, 2, 3, 1]) : x
}

/** Puts stride - 1 zeros between one row and the next, and one column and the next. */
export function spreadOut(dy: Tensor4D, strideHeight: number, strideWidth: number): Tensor4D {
  if (strideHeight === 1 && strideWidth === 1) return dy
  const [images, height, width, channels] = dy.shape
  const apart = reshape(dy, [images * height, 1, width, 1, channels])
  const zeros = pad(apart, [
    [0, 0],
    [0, strideHeight - 1],
    [0, 0],
    [0, strideWidth - 1],
    [0, 0]
  ])
  return reshape(zeros, [images, height * strideHeight, width * strideWidth, channels])
}

/** Pads height and width; a negative padding cuts. */
export function padOrCut(x: Tensor4D, height: [number, number], width: [number, number]): Tensor4D {
  const [images, rows, columns, channels] = x.shape
  const cut = (size: number, [before, after]: [number, number]): [number, number] => [
    Math.max(0, -before),
    size - Math.max(0, -before) - Math.max(0, -after)
  ]
  const [top, keptRows] = cut(rows, height)
  const [left, keptColumns] = cut(columns, width)
  const kept =
    keptRows === rows && keptColumns === columns
      ? x
      : slice(x, [0, top, left, 0], [images, keptRows, keptColumns, channels])
  const most = (sides: [number, number]) => sides.map(side => Math.max(0, side)) as [number, number]
  return pad(kept, [[0, 0], most(height), most(width), [0, 0]])
}
