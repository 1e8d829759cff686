import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Worker } from 'node:worker_threads'

// TensorFlow.js itself does not use threads in Node (tensorflow/tfjs issue 3830): it starts its workers from blobs, which
// Node does not know. The module is the same; only its workers have to be started from files.

type Imports = WebAssembly.Imports & { readonly env: { emscripten_num_logical_cores?: () => number } }

/** What Emscripten's factory fills in, as far as it is needed here. */
interface Module {
  locateFile(name: string): string | URL
  instantiateWasm(
    imports: Imports,
    receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void
  ): object
  readonly mainScriptUrlOrBlob: string
  readonly PThread?: { readonly unusedWorkers: Worker[]; readonly runningWorkers: Worker[] }
  cwrap?(name: string, result: string | null, parameters: readonly string[]): (count: number) => unknown
  tfjs?: Record<string, unknown>
}

/** The compiled module of TensorFlow.js with SIMD and threads, as `BackendWasm` takes it; its pool is `threads - 1` workers, 7 at most. */
export async function loadThreadedModule(threads: number): Promise<unknown> {
  const require = createRequire(import.meta.url)
  const main = require.resolve('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.js')
  const factory = require(main) as (module: Module) => Promise<Required<Module>>
  const compiled = await WebAssembly.compile(await readFile(main.replace(/js$/, 'wasm')))
  const failed = Promise.withResolvers<never>()
  const module: Module = {
    locateFile: name =>
      name.endsWith('.worker.js')
        ? new URL(import.meta.url.replace(/module-node(?=\.[jt]s$)/, 'thread-node'))
        : name,
    instantiateWasm(imports, receive) {
      // It takes half of the processors at most, whatever it is asked for.
      imports.env.emscripten_num_logical_cores = () => 2 * threads
      WebAssembly.instantiate(compiled, imports).then(instance => receive(instance, compiled), failed.reject)
      return {}
    },
    mainScriptUrlOrBlob: main
  }
  const events = ['uncaughtException', 'unhandledRejection']
  const listeners = new Map(events.map(event => [event, process.rawListeners(event)]))
  const worker = Object.getOwnPropertyDescriptor(globalThis, 'Worker')
  const loading = factory(module)
  // It always makes eight workers, which have not begun yet.
  for (const unused of module.PThread?.unusedWorkers.splice(Math.max(1, threads - 1)) ?? [])
    unused.terminate()
  // And it decides what becomes of every error of the process; that is not its to decide.
  for (const event of events) {
    for (const listener of process.rawListeners(event)) {
      if (listeners.get(event)?.includes(listener)) continue
      process.removeListener(event, listener as (...args: unknown[]) => void)
    }
  }
  if (worker === undefined) Reflect.deleteProperty(globalThis, 'Worker')
  else Object.defineProperty(globalThis, 'Worker', worker)

  const loaded = await Promise.race([loading, failed.promise])
  const initWithThreadsCount = loaded.cwrap('init_with_threads_count', null, ['number'])
  loaded.tfjs = {
    init: loaded.cwrap('init', null, []),
    initWithThreadsCount(count: number) {
      initWithThreadsCount(count)
      // Or the process would live for as long as they do.
      for (const running of loaded.PThread.runningWorkers) running.unref()
    },
    getThreadsCount: loaded.cwrap('get_threads_count', 'number', []),
    registerTensor: loaded.cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: loaded.cwrap('dispose_data', null, ['number']),
    dispose: loaded.cwrap('dispose', null, [])
  }
  return loaded
}
