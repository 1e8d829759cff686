import type { Platform } from './platform.ts'

export const platform: Platform = {
  async load(url) {
    const response = await fetch(url)
    if (!response.ok) throw new Error(`${url} answered ${response.status}`)
    return new Uint8Array(await response.arrayBuffer())
  },

  startWorker(url) {
    const worker = new Worker(url, { type: 'module' })
    return {
      postMessage: (message, transfer = []) => worker.postMessage(message, [...transfer]),
      onMessage: listener => worker.addEventListener('message', event => listener(event.data)),
      onError: listener => worker.addEventListener('error', event => listener(new Error(event.message))),
      onExit: () => {},
      keepAlive: () => {},
      async terminate() {
        worker.terminate()
      }
    }
  },

  async workerPort() {
    return {
      postMessage: (message, transfer = []) => globalThis.postMessage(message, { transfer: [...transfer] }),
      onMessage: listener => globalThis.addEventListener('message', event => listener(event.data))
    }
  },

  async openGpu() {
    return navigator.gpu
  }
}
