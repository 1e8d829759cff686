// The answers of servePredictions: one request from its head to its answer.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { dropRest } from '../sources/server-body.ts'
import { reasonOf } from '../sources/source-error.ts'
import { type Batching, BusyError } from './batching.ts'
import { Refusal } from './refusal.ts'
import { Bodies, type BodyLaws } from './server-bodies.ts'
import { type InputLaws, requestInputs } from './server-inputs.ts'

/** An output of the network, and the version of the model that gave it. */
export interface Output {
  readonly values: ArrayLike<number>
  readonly version: number
}

/** What became of a request for predictions. */
export interface Answered {
  /** The status of HTTP; 499 where the sender had left. */
  readonly status: number
  /** From its head to its answer. */
  readonly seconds: number
}

/** A page for GET: its type and its text. */
export type Page = () => PromiseLike<readonly [type: string, text: string]>

/** The options of servePredictions that bear on a request. */
export interface RequestLaws extends InputLaws, BodyLaws {
  readonly output: readonly number[]
  readonly classes?: readonly string[]
  readonly version: () => number
  readonly answerMs: number
  readonly pages?: Readonly<Record<string, Page>>
  readonly onAnswer?: (answer: Answered) => void
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

const PREDICT = '/predict'

export class Requests {
  readonly #batches: Batching<Float32Array, Output>
  readonly #laws: RequestLaws
  readonly #bodies: Bodies
  readonly #pages: ReadonlyMap<string, Page>
  /** Those under way. */
  #open = 0
  #closed: PromiseWithResolvers<void> | undefined

  constructor(batches: Batching<Float32Array, Output>, laws: RequestLaws) {
    this.#batches = batches
    this.#laws = laws
    this.#bodies = new Bodies(laws)
    this.#pages = new Map<string, Page>([
      ...Object.entries(laws.pages ?? {}),
      ['/health', async () => json({ status: 'ok' })],
      ['/model', async () => json(this.#model())]
    ])
  }

  /** Takes no more; resolves when what had come whole is answered. */
  close(): Promise<void> {
    this.#closed ??= Promise.withResolvers()
    this.#bodies.stop(ending())
    if (this.#open === 0) this.#closed.resolve()
    return this.#closed.promise
  }

  async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const start = performance.now()
    this.#open++
    const leaving = new AbortController()
    response.once('close', () => leaving.abort(new Refusal(499, 'the sender left')))
    const { status, headers, text } = await this.#answer(request, response, leaving).catch(refused)
    if (pathOf(request) === PREDICT)
      this.#laws.onAnswer?.({
        status: response.destroyed ? 499 : status,
        seconds: (performance.now() - start) / 1000
      })
    const last = this.#closed !== undefined && { connection: 'close' }
    response.writeHead(status, { ...headers, ...last }).end(request.method === 'HEAD' ? undefined : text)
    dropRest(request)
    this.#open--
    if (this.#open === 0) this.#closed?.resolve()
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    leaving: AbortController
  ): Promise<Answer> {
    if (this.#closed !== undefined) throw ending()
    const { method } = request
    const path = pathOf(request)
    if (path === PREDICT) {
      if (method !== 'POST') throw new Refusal(405, 'wanted POST', { headers: { allow: 'POST' } })
      return this.#predictions(await requestInputs(request, response, this.#bodies, this.#laws), leaving)
    }
    const page = this.#pages.get(path)
    if (page === undefined) throw new Refusal(404, `there is ${[PREDICT, ...this.#pages.keys()].join(', ')}`)
    if (method !== 'GET' && method !== 'HEAD')
      throw new Refusal(405, 'wanted GET', { headers: { allow: 'GET, HEAD' } })
    return answer(200, await page())
  }

  async #predictions(inputs: readonly Float32Array[], leaving: AbortController): Promise<Answer> {
    const { answerMs, classes } = this.#laws
    const slow = () => leaving.abort(Refusal.later(`no predictions for ${answerMs} ms`))
    const timer = setTimeout(slow, answerMs)
    try {
      const given = await this.#batches.predict(inputs, leaving.signal)
      const outputs = given.map(({ values }) => finite(values))
      const named = classes !== undefined && { classes: outputs.map(values => classes[greatest(values)]) }
      return answer(200, json({ outputs, ...named, version: given[0]?.version }))
    } catch (error) {
      if (error instanceof BusyError) throw Refusal.later(error.message, { cause: error })
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  #model(): object {
    const { shape: input, output, classes, version, most: maxInputs } = this.#laws
    return { input, output, ...(classes !== undefined && { classes }), version: version(), maxInputs }
  }
}

function answer(
  status: number,
  [type, text]: readonly [type: string, text: string],
  headers: Answer['headers'] = {}
): Answer {
  return { status, headers: { 'content-type': type, ...headers }, text }
}

function refused(error: unknown): Answer {
  if (error instanceof Refusal) return answer(error.status, json({ error: error.message }), error.headers)
  return answer(500, json({ error: `no predictions: ${reasonOf(error)}` }))
}

function json(value: object): readonly [type: string, text: string] {
  return ['application/json', `${JSON.stringify(value)}\n`]
}

function ending(): Refusal {
  return Refusal.later('the server is ending')
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?')[0] ?? ''
}

/** @throws Error where a value is not finite: JSON has none such. */
function finite(values: ArrayLike<number>): number[] {
  return Array.from(values, value => {
    if (!Number.isFinite(value)) throw new Error(`the model gave ${value}`)
    return value
  })
}

function greatest(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > (values[best] as number) ? i : best), 0)
}
