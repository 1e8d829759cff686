import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { type backend_util, engine, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core'

/**
 * What each place of a convolution's output meets (im2col): f32 [count · outHeight · outWidth, filterHeight · filterWidth · channels] of
 * images `first … first + count - 1`, zero where a filter reaches over the edge. `image` is [images, height, width, channels].
 */
export function patchesOf(
  backend: BackendWasm,
  image: TensorInfo,
  info: backend_util.Conv2DInfo,
  first: number,
  count: number
): Tensor {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, filterHeight, filterWidth } = info
  const { strideHeight, strideWidth, padInfo } = info
  const width = filterHeight * filterWidth * inChannels
  const out = backend.makeOutput([count * outHeight * outWidth, width], 'float32')
  const patches = backend.typedArrayFromHeap(out)
  const values = backend.typedArrayFromHeap(image)
  const run = filterWidth * inChannels
  const line = inWidth * inChannels
  let to = 0
  for (let n = first; n < first + count; n++) {
    for (let y = 0; y < outHeight; y++) {
      const top = y * strideHeight - padInfo.top
      for (let x = 0; x < outWidth; x++) {
        const left = (x * strideWidth - padInfo.left) * inChannels
        for (let i = 0; i < filterHeight; i++, to += run) {
          const row = top + i
          // Columns of one row of the filter are neighbours in the image too.
          const before = row < 0 || row >= inHeight ? run : Math.min(run, Math.max(0, -left))
          const end = Math.max(before, Math.min(run, line - left))
          const from = (n * inHeight + row) * line + left
          for (let at = 0; at < before; at++) patches[to + at] = 0
          for (let at = before; at < end; at++) patches[to + at] = values[from + at]
          for (let at = end; at < run; at++) patches[to + at] = 0
        }
      }
    }
  }
  return engine().makeTensorFromTensorInfo(out)
}
