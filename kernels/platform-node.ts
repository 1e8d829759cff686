import { readFile } from 'node:fs/promises'
import { parentPort, Worker } from 'node:worker_threads'
import type { Platform } from './platform.ts'

export const platform: Platform = {
  async load(url) {
    return new Uint8Array(await readFile(url))
  },

  startWorker(url) {
    const worker = new Worker(url)
    return {
      postMessage: (message, transfer = []) => worker.postMessage(message, [...transfer]),
      onMessage: listener => worker.on('message', listener),
      onError: listener => worker.on('error', listener),
      onExit: listener => worker.on('exit', listener),
      keepAlive: on => (on ? worker.ref() : worker.unref()),
      async terminate() {
        await worker.terminate()
      }
    }
  },

  async workerPort() {
    if (parentPort === null) throw new Error('internal: workerPort outside a worker')
    const port = parentPort
    return {
      postMessage: (message, transfer = []) => port.postMessage(message, [...transfer]),
      onMessage: listener => port.on('message', listener)
    }
  },

  async openGpu(flags = [], software = false) {
    // Not at the top: loading Dawn takes 30 MB and tens of milliseconds that the WASM device does not need.
    const { hasVulkanLoader, provideSoftwareAdapter } = await import('./software-adapter-node.ts')
    if (software ? !provideSoftwareAdapter() : !hasVulkanLoader()) return undefined
    const { create, globals } = await import('webgpu')
    Object.assign(globalThis, globals)
    return create([...flags])
  }
}
