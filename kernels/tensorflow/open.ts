import { BackendWasm, getThreadsCount, setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import {
  findBackendFactory,
  getKernel,
  getKernelsForBackend,
  type KernelConfig,
  type KernelFunc,
  registerBackend,
  registerKernel,
  setBackend
} from '@tensorflow/tfjs-core'
import { addChainedOperations } from './chained.ts'
import type { Tensorflow } from './contract.ts'
import { conv2DBackpropFilter, conv2DBackpropInput } from './convolution.ts'
import { depthwiseBackpropFilter, depthwiseBackpropInput } from './depthwise.ts'
import { batchMatMul, sum } from './matmul.ts'
import { maxPoolGrad } from './max-pool-grad.ts'
import { RowsInPlace } from './rows-in-place.ts'
import { unsortedSegmentSum } from './segment-sum.ts'

/** The name our backend has in TensorFlow.js. */
const NAME = 'tensair-wasm'

export interface TensorflowOptions {
  /** Threads that compute, this one among them: 1 to 8. Default: as many as the machine has processors. */
  readonly threads?: number
  /** Where the `.wasm` files of @tensorflow/tfjs-backend-wasm are served, with a slash at its end; in a browser only. */
  readonly wasmPaths?: string
}

/** TensorFlow.js on the machine's processors. */
export interface TensorflowWasm extends Tensorflow {
  readonly threads: number
}

let opened: Promise<TensorflowWasm> | undefined

/**
 * Opens TensorFlow.js on WASM with SIMD and threads and makes it the backend of this process, which has one: opening it again
 * gives the same.
 * @throws RangeError where `threads` is not a whole number from 1 to 8, or it is open with another number.
 */
export async function openTensorflow(options: TensorflowOptions = {}): Promise<TensorflowWasm> {
  const { threads } = options
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 8)) {
    throw new RangeError(`tensorflow: threads must be a whole number, 1 to 8; got ${threads}`)
  }
  opened ??= open(options).catch(error => {
    opened = undefined
    throw error
  })
  const tensorflow = await opened
  if (threads !== undefined && threads !== tensorflow.threads) {
    throw new RangeError(
      `tensorflow: this process has it open with ${tensorflow.threads} threads; ${threads} wanted, which needs another process`
    )
  }
  await setBackend(NAME)
  return tensorflow
}

async function open({
  threads = navigator.hardwareConcurrency,
  wasmPaths
}: TensorflowOptions): Promise<TensorflowWasm> {
  const used = Math.min(threads, 8)
  addChainedOperations()
  setThreadsCount(used)
  const backend = await start(used, wasmPaths)
  registerBackend(NAME, () => backend)
  for (const kernel of getKernelsForBackend('wasm')) {
    if (!ours.has(kernel.kernelName)) registerKernel({ ...kernel, backendName: NAME })
    // Those of ours that call the plain kernel need it set up.
    else if (kernel.setupFunc !== undefined) kernel.setupFunc(backend)
  }
  for (const kernel of ours.values()) registerKernel({ ...kernel, backendName: NAME })
  await setBackend(NAME)
  const inUse = getThreadsCount()
  return {
    backend: NAME,
    name: `WASM SIMD, ${inUse} ${inUse === 1 ? 'thread' : 'threads'}`,
    threads: inUse,
    rows: (weights, unit) => new RowsInPlace(backend, weights, unit)
  }
}

/** In Node our own start, since TensorFlow.js has no threads there; in a browser its own. */
async function start(threads: number, wasmPaths: string | undefined): Promise<BackendWasm> {
  if (typeof process !== 'undefined' && process.versions?.node !== undefined) {
    const { loadThreadedModule } = await import('./module-node.ts')
    return new BackendWasm(
      (await loadThreadedModule(threads)) as ConstructorParameters<typeof BackendWasm>[0]
    )
  }
  if (wasmPaths !== undefined) setWasmPaths(wasmPaths)
  return (await findBackendFactory('wasm')()) as BackendWasm
}

const plain = (kernelName: string): KernelFunc => {
  const kernel = getKernel(kernelName, 'wasm')
  if (kernel === null) throw new Error(`internal: no kernel ${kernelName}`)
  return kernel.kernelFunc
}

const ours = new Map<string, Omit<KernelConfig, 'backendName'>>(
  [
    batchMatMul(plain),
    sum(plain),
    conv2DBackpropFilter,
    conv2DBackpropInput,
    depthwiseBackpropFilter,
    depthwiseBackpropInput,
    maxPoolGrad,
    unsortedSegmentSum
  ].map(kernel => [kernel.kernelName, kernel])
)
