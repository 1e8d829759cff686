import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { type KernelConfig, type NamedAttrMap, type Tensor, tidy } from '@tensorflow/tfjs-core'

/** A kernel that is made of other operations: they run on the backend that is set, which is the kernel's own. */
export function composed<Inputs extends Record<string, Tensor>, Attributes>(
  kernelName: string,
  compute: (inputs: Inputs, attributes: Attributes, backend: BackendWasm) => Tensor
): Omit<KernelConfig, 'backendName'> {
  return {
    kernelName,
    // Kernels get handles; where they are called through the engine, as these are, the handles are tensors.
    kernelFunc: ({ inputs, attrs, backend }) =>
      tidy(() =>
        compute(
          inputs as unknown as Inputs,
          (attrs ?? {}) as NamedAttrMap & Attributes,
          backend as BackendWasm
        )
      )
  }
}
