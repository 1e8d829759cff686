// The few things Node and browsers do differently below the runtime.

/** A worker thread that speaks in structured clones. */
export interface PlatformWorker {
  /** `transfer` are buffers of the message that move there instead of being copied: here they are empty then. */
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void
  onMessage(listener: (message: unknown) => void): void
  onError(listener: (error: Error) => void): void
  /** Hears that the worker is no more, whatever ended it; in a browser it never is by itself. */
  onExit(listener: () => void): void
  /** Whether the process should live as long as the worker; true at the start. Without meaning in a browser. */
  keepAlive(on: boolean): void
  terminate(): Promise<void>
}

export interface Platform {
  /** The bytes of a file that ships with the package. */
  load(url: URL): Promise<Uint8Array<ArrayBuffer>>
  /** Starts a module as a worker; it listens through `workerPort`. */
  startWorker(url: URL): PlatformWorker
  /** Inside a worker: the way back to the thread that started it. */
  workerPort(): Promise<Pick<PlatformWorker, 'postMessage' | 'onMessage'>>
  /**
   * WebGPU's entry point: Dawn in Node, the page's own in a browser; undefined where there is none. `flags` are Dawn's.
   * With `software`, one that sees the software adapter of the development dependencies and no other (Node only).
   */
  openGpu(flags?: readonly string[], software?: boolean): Promise<GPU | undefined>
}

const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined

export const platform: Platform = inNode
  ? (await import('./platform-node.ts')).platform
  : (await import('./platform-browser.ts')).platform
