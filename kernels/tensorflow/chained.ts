import * as core from '@tensorflow/tfjs-core'

// Operations that @tensorflow/tfjs-layers calls as methods of tensors. They become methods only by a module of
// @tensorflow/tfjs, which imports its files in a way that Node does not know.
const chained = {
  add: core.add,
  broadcastTo: core.broadcastTo,
  cast: core.cast,
  div: core.div,
  expandDims: core.expandDims,
  flatten: (x: core.Tensor) => core.reshape(x, [x.size]),
  gather: core.gather,
  greaterEqual: core.greaterEqual,
  logicalAnd: core.logicalAnd,
  mean: core.mean,
  minimum: core.minimum,
  mul: core.mul,
  pad: core.pad,
  reshape: core.reshape,
  sign: core.sign,
  slice: core.slice,
  square: core.square,
  squeeze: core.squeeze,
  stridedSlice: core.stridedSlice,
  sub: core.sub,
  sum: core.sum,
  transpose: core.transpose
}

/** Gives tensors the methods that layers need and that they do not have yet. */
export function addChainedOperations(): void {
  for (const [name, operation] of Object.entries(chained)) {
    if (name in core.Tensor.prototype) continue
    const call = operation as (x: core.Tensor, ...rest: unknown[]) => core.Tensor
    Object.defineProperty(core.Tensor.prototype, name, {
      configurable: true,
      writable: true,
      value(this: core.Tensor, ...rest: unknown[]) {
        return call(this, ...rest)
      }
    })
  }
}
