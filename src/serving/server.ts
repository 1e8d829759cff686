import { createServer, type RequestListener, type Server } from 'node:http'
import { finish, listen, type ServerAddress } from '../sources/server-listen.ts'
import type { Predictor } from '../types.ts'
import { batching } from './batching.ts'
import { type InputLimits, sizeOf } from './inputs.ts'
import type { DecodeImage } from './server-inputs.ts'
import { type Answered, type Page, Requests } from './server-requests.ts'

export interface ServingOptions {
  /** 0 is any that is free. */
  readonly port: number
  /** Default 127.0.0.1, this machine only, since nothing here asks who is sending. */
  readonly host?: string
  /** Sizes of one input of the network, such as [28, 28, 1]. */
  readonly input: readonly number[]
  /** Sizes of one output. */
  readonly output: readonly number[]
  /** A name for each value of an output; the greatest is the class. */
  readonly classes?: readonly string[]
  /** How far the model has learned, such as its training steps; goes out with every answer. Default: always 0. */
  readonly version?: () => number
  /** Makes one input of an image; without it images are refused. What it throws, the sender is told. */
  readonly decodeImage?: DecodeImage
  /** Inputs that are with the network at once, in one batch or several; see `batching`. Default 64. */
  readonly batch?: number
  /** Milliseconds that an input waits for others. Default 2. */
  readonly delay?: number
  /** Inputs that may wait for the network; more are told to come again. Default 1024. */
  readonly room?: number
  /** Inputs of a request, at most `room`. Default 256. */
  readonly maxInputs?: number
  /** Bytes of a body, decompressed; eight times as many in all that are being read. Default 8 MiB. */
  readonly maxBody?: number
  /** Connections. Default 1024. */
  readonly maxConnections?: number
  /** Milliseconds that a sender may take for the head of a request, and then for its body. Default 10,000. */
  readonly senderMs?: number
  /** Milliseconds that a request may wait for its predictions. Default 10,000. */
  readonly answerMs?: number
  /** More pages for GET, by their paths. */
  readonly pages?: Readonly<Record<string, Page>>
  /** Hears of every answer of /predict. */
  readonly onAnswer?: (answer: Answered) => void
  /** Hears how many inputs each batch has. */
  readonly onBatch?: (inputs: number) => void
}

export interface Serving extends ServerAddress {
  /** Inputs that wait for the network. */
  readonly waiting: number
  /** Takes no more, answers what has come whole, and ends. */
  close(): Promise<void>
}

/** Time that an idle connection is kept, in milliseconds: longer than clients and proxies keep theirs. */
const KEEP_ALIVE_MS = 75_000
/** A timer that is set for longer rings at once. */
const LONGEST_MS = 2 ** 31 - 1

/**
 * Serves a model's predictions over HTTP, batched across requests. The model may learn meanwhile.
 *
 *     POST /predict   application/json, { "inputs": [input, …] }, each flat or nested as the network wants it;
 *                     application/octet-stream, float32 little-endian, inputs back to back;
 *                     image/jpeg or image/png, one image; plain, gzip or zstd
 *                     → { "outputs": [[value, …], …], "classes"?: [name, …], "version": number }
 *     GET /model      → { "input": sizes, "output": sizes, "classes"?: names, "version": number, "maxInputs": number }
 *     GET /health     → { "status": "ok" }, or 503 while it ends
 *
 * What cannot be answered gets { "error": one line }:
 *
 *     400, 422              no JSON, broken off, or no image; not inputs of this network
 *     404, 405, 413, 415    another path or method; too long or too many; another type or encoding
 *     408                   the sender took longer than `senderMs`
 *     500                   the model threw, or gave a value that is not finite
 *     503 and Retry-After   no room, longer than `answerMs`, or it is ending
 *
 * @throws RangeError for options out of range; SourceError where the port cannot be had.
 */
export async function servePredictions(
  predictor: Predictor<Float32Array, ArrayLike<number>>,
  options: ServingOptions
): Promise<Serving> {
  const laws = lawsOf(options)
  const { port, host = '127.0.0.1', version = () => 0, batch, delay, onBatch } = options
  const batches = batching(
    async (inputs: readonly Float32Array[]) => {
      const outputs = await predictor.predict(inputs)
      const made = version()
      return outputs.map(values => ({ values, version: made }))
    },
    {
      room: laws.room,
      ...(batch !== undefined && { most: batch }),
      ...(delay !== undefined && { delay }),
      ...(onBatch !== undefined && { onBatch })
    }
  )
  const requests = new Requests(batches, { ...options, ...laws, version })
  const server = serverOf(requests, laws)
  const address = await listen(server, 'servePredictions', host, port)
  return {
    ...address,
    get waiting() {
      return batches.waiting
    },
    async close() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      await requests.close()
      await batches.close()
      await finish(closed, server)
    }
  }
}

function serverOf(requests: Requests, { senderMs, answerMs, maxConnections }: Laws): Server {
  const server = createServer({
    headersTimeout: senderMs,
    // That of a body begins when it is read.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.ceil(senderMs / 4),
    keepAliveTimeout: KEEP_ALIVE_MS
  })
  server.maxConnections = maxConnections
  // A connection in which nothing moves for so long: its reader has stopped.
  server.timeout = Math.min(senderMs + answerMs + KEEP_ALIVE_MS, LONGEST_MS)
  const receive: RequestListener = (request, response) => void requests.receive(request, response)
  return server.on('request', receive).on('checkContinue', receive)
}

interface Laws extends InputLimits {
  readonly maxBody: number
  readonly maxConnections: number
  readonly senderMs: number
  readonly answerMs: number
}

function lawsOf(options: ServingOptions): Laws & { readonly room: number } {
  const { port, input, output, classes, room = 1024, maxConnections = 1024 } = options
  const { maxInputs = Math.min(256, room), maxBody = 8 * 1024 * 1024 } = options
  const { senderMs = 10_000, answerMs = 10_000 } = options
  check({ port }, 0, 65_535)
  check({ room, maxBody, maxConnections }, 1, Number.MAX_SAFE_INTEGER)
  check({ maxInputs }, 1, room)
  check({ senderMs, answerMs }, 1, LONGEST_MS)
  for (const [i, size] of [...input, ...output].entries())
    check({ [i < input.length ? 'a size of input' : 'a size of output']: size }, 1, Number.MAX_SAFE_INTEGER)
  if (classes !== undefined && classes.length !== sizeOf(output)) {
    throw new RangeError(
      `servePredictions: classes must be as many as an output's values, ${sizeOf(output)}; got ${classes.length}`
    )
  }
  return { shape: input, most: maxInputs, room, maxBody, maxConnections, senderMs, answerMs }
}

function check(options: Readonly<Record<string, number>>, least: number, most: number): void {
  for (const [name, value] of Object.entries(options)) {
    if (Number.isSafeInteger(value) && value >= least && value <= most) continue
    throw new RangeError(
      `servePredictions: ${name} must be a whole number, ${least} to ${most}; got ${value}`
    )
  }
}
