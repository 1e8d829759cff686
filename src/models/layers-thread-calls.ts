import type { PlatformWorker } from '../../kernels/platform.ts'
import { CheckpointError } from './checkpoint.ts'
import { DivergenceError } from './row-check.ts'
import { SavedModelError } from './saved-source.ts'

/** Functions that can be called from another thread: their arguments and what they give travel as structured clones. */
export type Service<Functions> = {
  readonly [Name in keyof Functions]: (...given: never[]) => Promise<unknown>
}

interface Call {
  readonly id: number
  readonly name: string
  readonly given: readonly unknown[]
}

type Answer =
  | { readonly id: number; readonly value: unknown; readonly state: unknown }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } }
  /** Not an answer: what the thread says by itself. */
  | { readonly said: unknown }

/** Answers a call that nobody made. */
const READY = 0

/** Errors that come back as what they were. */
const KINDS = [RangeError, TypeError, DivergenceError, SavedModelError, CheckpointError] as const

/** Calls the functions of a service that another thread keeps, each answered once. */
export class ThreadCalls<Functions extends Service<Functions>, State> {
  /** What the service last told of itself. */
  state: State
  /** Why the thread is no more; undefined while it is. */
  ended: Error | undefined
  /** Gets what the thread says by itself. */
  hear: (said: unknown) => void = () => {}
  /** Resolves when the thread listens. */
  readonly ready: Promise<unknown>
  readonly #worker: PlatformWorker
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #next = READY + 1

  constructor(worker: PlatformWorker, state: State) {
    this.#worker = worker
    this.state = state
    const ready = Promise.withResolvers<unknown>()
    this.#waiting.set(READY, ready)
    this.ready = ready.promise
    worker.onMessage(message => {
      const answer = message as Answer
      if ('said' in answer) this.hear(answer.said)
      else this.#answered(answer)
    })
    worker.onError(error =>
      this.#end(new Error(`layers: the network's thread failed (${error.message})`, { cause: error }))
    )
    worker.onExit(() => this.#end(new Error("layers: the network's thread ended by itself")))
  }

  /** @throws what the function throws; Error where the thread is no more. Buffers of what is given move there, and are empty here. */
  call<Name extends keyof Functions & string>(
    name: Name,
    ...given: Parameters<Functions[Name]>
  ): ReturnType<Functions[Name]> {
    if (this.ended !== undefined) return Promise.reject(this.ended) as ReturnType<Functions[Name]>
    const id = this.#next++
    const answer = Promise.withResolvers<unknown>()
    this.#waiting.set(id, answer)
    this.#worker.keepAlive(true)
    const call: Call = { id, name, given }
    this.#worker.postMessage(call, buffersOf(given))
    return answer.promise as ReturnType<Functions[Name]>
  }

  /** Ends the thread; what still waits rejects, and so does every call from now on. */
  async close(): Promise<void> {
    this.#end(new Error('layers: the replica is closed'))
    await this.#worker.terminate()
  }

  #answered(answer: Exclude<Answer, { said: unknown }>): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    // A process may end while its thread has nothing to do.
    if (this.#waiting.size === 0) this.#worker.keepAlive(false)
    if ('error' in answer) {
      waiting?.reject(errorFrom(answer.error))
      return
    }
    this.state = answer.state as State
    waiting?.resolve(answer.value)
  }

  #end(error: Error): void {
    this.ended ??= error
    for (const { reject } of this.#waiting.values()) reject(this.ended)
    this.#waiting.clear()
  }
}

/** Answers the calls that come through a port; `state` goes with every answer. Gives the way to say something by itself. */
export function serve<Functions extends Service<Functions>>(
  port: Pick<PlatformWorker, 'postMessage' | 'onMessage'>,
  functions: Functions,
  state: () => unknown
): (said: unknown) => void {
  const send = (answer: Answer) => port.postMessage(answer, buffersOf(answer))
  port.onMessage(async message => {
    const { id, name, given } = message as Call
    try {
      const value = await functions[name as keyof Functions](...(given as never[]))
      send({ id, value, state: state() })
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error))
      send({ id, error: { name, message } })
    }
  })
  // Messages that come before there is a listener are lost in a browser.
  send({ id: READY, value: undefined, state: state() })
  return said => send({ said })
}

function errorFrom({ name, message }: { readonly name: string; readonly message: string }): Error {
  const kind = KINDS.find(kind => kind.name === name)
  return kind === undefined ? new Error(message) : new kind(message)
}

/** The buffers of all typed arrays in a message, each once. */
function buffersOf(message: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>()
  const visit = (value: unknown): void => {
    if (ArrayBuffer.isView(value)) {
      if (value.buffer instanceof ArrayBuffer) found.add(value.buffer)
    } else if (value instanceof Map) {
      for (const inner of value.values()) visit(inner)
    } else if (Array.isArray(value)) {
      for (const inner of value) visit(inner)
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) visit(inner)
    }
  }
  visit(message)
  return [...found]
}
