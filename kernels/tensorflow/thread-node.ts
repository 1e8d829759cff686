// A worker of TensorFlow.js' thread pool: the package ships its source as a string, made for a blob.

import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const { wasmWorkerContents } =
  require('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.worker.js') as {
    wasmWorkerContents: string
  }

// Its line ends were once written as \n within quotes.
const source = wasmWorkerContents.replaceAll('\n', '\\n')
new Function('require', '__filename', source)(require, fileURLToPath(import.meta.url))
