import {
  backend_util,
  DepthwiseConv2dNativeBackpropFilter,
  DepthwiseConv2dNativeBackpropInput,
  depthwiseConv2d,
  mul,
  pad,
  reshape,
  reverse,
  stack,
  stridedSlice,
  sum,
  type Tensor,
  type Tensor4D
} from '@tensorflow/tfjs-core'
import { composed } from './composed.ts'
import { padOrCut, spreadOut } from './convolution.ts'

type Shape4D = [number, number, number, number]

interface DepthwiseAttributes {
  readonly strides: number | [number, number]
  readonly pad: 'valid' | 'same' | number
  readonly dimRoundingMode: 'floor' | 'round' | 'ceil'
}

/** TensorFlow.js has no gradient of a dilated one. dW[i, j, c, m] = Σ x[n, s·y + i, s·x + j, c] · dy[n, y, x, c·M + m]. */
export const depthwiseBackpropFilter = composed(
  DepthwiseConv2dNativeBackpropFilter,
  (
    { x, dy }: { x: Tensor4D; dy: Tensor4D },
    attributes: DepthwiseAttributes & { readonly filterShape: Shape4D }
  ) => {
    const { filterShape } = attributes
    const [filterHeight, filterWidth, channels, multiplier] = filterShape
    const info = infoOf(x.shape, filterShape, attributes)
    const { padInfo, strideHeight, strideWidth, outHeight, outWidth } = info
    const image = pad(x, [
      [0, 0],
      [padInfo.top, padInfo.bottom],
      [padInfo.left, padInfo.right],
      [0, 0]
    ])
    const places = x.shape[0] * outHeight * outWidth
    const change = reshape(dy, [places, channels, multiplier])
    const sums: Tensor[] = []
    for (let i = 0; i < filterHeight; i++) {
      for (let j = 0; j < filterWidth; j++) {
        const lastRow = i + (outHeight - 1) * strideHeight
        const lastColumn = j + (outWidth - 1) * strideWidth
        const end = [x.shape[0], lastRow + 1, lastColumn + 1, channels]
        const met = stridedSlice(image, [0, i, j, 0], end, [1, strideHeight, strideWidth, 1])
        sums.push(sum(mul(reshape(met, [places, channels, 1]), change), 0))
      }
    }
    return reshape(stack(sums), filterShape)
  }
)

/** As for a convolution, channel by channel; the `multiplier` changes that come from one channel are added. */
export const depthwiseBackpropInput = composed(
  DepthwiseConv2dNativeBackpropInput,
  (
    { dy, filter }: { dy: Tensor4D; filter: Tensor4D },
    attributes: DepthwiseAttributes & { readonly inputShape: Shape4D }
  ) => {
    const { inputShape } = attributes
    const [filterHeight, filterWidth, channels, multiplier] = filter.shape
    const info = infoOf(inputShape, filter.shape, attributes)
    const { padInfo, strideHeight, strideWidth, inHeight, inWidth } = info
    const spread = spreadOut(dy, strideHeight, strideWidth)
    const top = filterHeight - 1 - padInfo.top
    const left = filterWidth - 1 - padInfo.left
    const bottom = inHeight + filterHeight - 1 - top - spread.shape[1]
    const right = inWidth + filterWidth - 1 - left - spread.shape[2]
    const turned = reshape(reverse(filter, [0, 1]), [filterHeight, filterWidth, channels * multiplier, 1])
    const padded = padOrCut(spread, [top, bottom], [left, right])
    const dx = depthwiseConv2d(padded, turned as Tensor4D, 1, 'valid')
    return sum(reshape(dx, [...inputShape, multiplier]), 4)
  }
)

function infoOf(image: Shape4D, filter: Shape4D, { strides, pad, dimRoundingMode }: DepthwiseAttributes) {
  return backend_util.computeConv2DInfo(image, filter, strides, 1, pad, dimRoundingMode, true)
}
