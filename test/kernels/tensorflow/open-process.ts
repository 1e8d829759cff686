// A process that opens TensorFlow.js, says what that did to it, and has to end by itself.

import { getBackend, matMul, ones } from '@tensorflow/tfjs-core'
import { openTensorflow } from '../../../kernels/tensorflow/open.ts'

const listeners = () => ['uncaughtException', 'unhandledRejection'].map(event => process.listenerCount(event))
const before = listeners()
const { threads, backend } = await openTensorflow({ threads: 3 })
const [sum] = matMul(ones([64, 300]), ones([300, 64])).dataSync()
const after = listeners()
console.log(
  JSON.stringify({ threads, backend, used: getBackend(), before, after, worker: 'Worker' in globalThis, sum })
)
