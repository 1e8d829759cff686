import { deepStrictEqual, match, ok, rejects, strictEqual } from 'node:assert'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type Serving, type ServingOptions, servePredictions } from '../../src/serving/server.ts'
import type { Answered } from '../../src/serving/server-requests.ts'
import type { Predictor } from '../../src/types.ts'

type Model = Predictor<Float32Array, ArrayLike<number>>

/** Gives the sum of an input and its negative. */
const summing: Model = {
  predict: async inputs =>
    inputs.map(input => {
      const sum = input.reduce((sum, value) => sum + value, 0)
      return [sum, -sum]
    })
}

/** A server of a model of [2, 2] → [2] on a free port, with every answer it has given. */
async function serve(
  t: TestContext,
  { predictor = summing, ...options }: Partial<ServingOptions> & { predictor?: Model } = {}
): Promise<Serving & { answers: Answered[]; batches: number[] }> {
  const answers: Answered[] = []
  const batches: number[] = []
  const serving = await servePredictions(predictor, {
    port: 0,
    input: [2, 2],
    output: [2],
    onAnswer: answer => answers.push(answer),
    onBatch: inputs => batches.push(inputs),
    ...options
  })
  t.after(() => serving.close())
  return Object.create(serving, { answers: { value: answers }, batches: { value: batches } })
}

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const raw = typeof body === 'string' || body instanceof Uint8Array
  const response = await fetch(`${url}/predict`, {
    method: 'POST',
    body: raw ? (body as BodyInit) : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers }
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

async function get(url: string): Promise<Answer> {
  const response = await fetch(url)
  return { status: response.status, headers: response.headers, body: await response.json() }
}

/** A connection that has sent a text, and all that it has heard. */
async function say(t: TestContext, port: number, text: string): Promise<Socket & { heard: string }> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  t.after(() => socket.destroy())
  socket.on('error', () => {})
  const said = Object.assign(socket, { heard: '' })
  socket.on('data', data => {
    said.heard += data
  })
  await once(socket, 'connect')
  socket.write(text)
  return said
}

function head(length: number, more = ''): string {
  return `POST /predict HTTP/1.1\r\nhost: me\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n${more}\r\n`
}

/** A model that answers when the test says, and whose calls can be awaited. */
function held(): Model & { called: Promise<void>; go(): void; fail(error: Error): void } {
  const called = Promise.withResolvers<void>()
  const open = Promise.withResolvers<void>()
  return {
    async predict(inputs) {
      called.resolve()
      await open.promise
      return summing.predict(inputs)
    },
    called: called.promise,
    go: open.resolve,
    fail: open.reject
  }
}

const INPUT = [
  [1, 2],
  [3, 4]
]

test('JSON and bytes get outputs, the class of each, and the version', async t => {
  let version = 0
  const { url } = await serve(t, { classes: ['more', 'less'], version: () => ++version })
  const json = await post(url, { inputs: [INPUT, [-1, -2, -3, -4]] })
  strictEqual(json.status, 200)
  strictEqual(json.headers.get('content-type'), 'application/json')
  deepStrictEqual(json.body, {
    outputs: [
      [10, -10],
      [-10, 10]
    ],
    classes: ['more', 'less'],
    version: 1
  })
  const bytes = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer)
  const raw = await post(url, bytes, { 'content-type': 'application/octet-stream' })
  deepStrictEqual(raw.body, { outputs: [[10, -10]], classes: ['more'], version: 2 })
  const packed = await post(url, gzipSync(JSON.stringify({ inputs: [INPUT] })), {
    'content-encoding': 'gzip'
  })
  deepStrictEqual(packed.body.outputs, [[10, -10]])
})

test('the model and its health can be asked for, and pages be added', async t => {
  const page = async () => ['text/plain', 'here\n'] as const
  const { url } = await serve(t, { version: () => 7, classes: ['a', 'b'], pages: { '/metrics': page } })
  deepStrictEqual((await get(`${url}/health`)).body, { status: 'ok' })
  deepStrictEqual((await get(`${url}/model?please`)).body, {
    input: [2, 2],
    output: [2],
    classes: ['a', 'b'],
    version: 7,
    maxInputs: 256
  })
  strictEqual(await (await fetch(`${url}/metrics`)).text(), 'here\n')
  const asked = await fetch(`${url}/health`, { method: 'HEAD' })
  deepStrictEqual([asked.status, await asked.text()], [200, ''])
})

test('an image is decoded by what is given for that, and refused without', async t => {
  const decodeImage = (bytes: Uint8Array, type: string) => {
    if (bytes[0] === 9) throw new Error('no picture')
    return type === 'image/png' ? bytes : [...bytes, 0]
  }
  const { url } = await serve(t, { decodeImage })
  const image = { 'content-type': 'image/png' }
  deepStrictEqual((await post(url, Uint8Array.of(1, 2, 3, 4), image)).body.outputs, [[10, -10]])
  const damaged = await post(url, Uint8Array.of(9), image)
  deepStrictEqual([damaged.status, damaged.body], [422, { error: 'no image for this network: no picture' }])
  const large = await post(url, Uint8Array.of(1, 2, 3, 4), { 'content-type': 'image/jpeg' })
  deepStrictEqual(
    [large.status, large.body],
    [422, { error: 'an image must give 4 values; this one gave 5' }]
  )
  const plain = await serve(t)
  const refused = await post(plain.url, Uint8Array.of(1, 2, 3, 4), image)
  deepStrictEqual(
    [refused.status, refused.body],
    [415, { error: 'wanted content-type: application/json or application/octet-stream; got image/png' }]
  )
})

test('what is wrong with a request is one line of JSON, and the next on its connection is answered', async t => {
  const { url, answers } = await serve(t, { maxBody: 500, maxInputs: 3 })
  const wrong: [status: number, error: RegExp, answer: Promise<Answer>][] = [
    [400, /^the body is not JSON$/, post(url, '{"inputs": [1, ')],
    [400, /^the body is not UTF-8$/, post(url, Uint8Array.of(0x22, 0xff, 0x22))],
    [400, /^the body broke off: /, post(url, 'not gzip', { 'content-encoding': 'gzip' })],
    [422, /^inputs\[0\]\[1\]: wanted a list of 2; got one of 1$/, post(url, { inputs: [[[1, 2], [3]]] })],
    [413, /^a request has at most 3 inputs; got 4$/, post(url, { inputs: [INPUT, INPUT, INPUT, INPUT] })],
    [413, /^a body has at most 500 bytes$/, post(url, { inputs: [], x: 'x'.repeat(600) })],
    [
      413,
      /^a body has at most 500 bytes$/,
      post(url, gzipSync('x'.repeat(100_000)), { 'content-encoding': 'gzip' })
    ],
    [415, /^wanted content-type: .*; got text\/plain$/, post(url, '{}', { 'content-type': 'text/plain' })],
    [415, /plain, gzip or zstd; got br$/, post(url, '{}', { 'content-encoding': 'br' })],
    [404, /^there is \/predict, \/health, \/model$/, get(`${url}/predictions`)],
    [405, /^wanted POST$/, get(`${url}/predict`)]
  ]
  for (const [status, error, answering] of wrong) {
    const answer = await answering
    strictEqual(answer.status, status, String(error))
    deepStrictEqual(Object.keys(answer.body), ['error'])
    match(String(answer.body.error), error)
    if (status === 405) strictEqual(answer.headers.get('allow'), 'POST')
  }
  strictEqual((await fetch(`${url}/model`, { method: 'POST' })).headers.get('allow'), 'GET, HEAD')
  strictEqual((await post(url, { inputs: [INPUT] })).status, 200)
  deepStrictEqual(
    answers.map(({ status }) => status).toSorted(),
    [200, 400, 400, 400, 405, 413, 413, 413, 415, 415, 422]
  )
})

test('requests that come together are predicted in batches, each gets its own, on connections that are kept', async t => {
  const { url, batches } = await serve(t, { batch: 8, delay: 50 })
  const answers = await Promise.all(
    Array.from({ length: 64 }, (_, i) => post(url, { inputs: [[i, 0, 0, 0]] }))
  )
  deepStrictEqual(
    answers.map(({ body }) => body.outputs),
    Array.from({ length: 64 }, (_, i) => [[i, 0 - i]])
  )
  for (const items of batches) ok(items <= 8)
  ok(batches.length < 32, `${batches.length} batches for 64 requests`)
  strictEqual(answers[0]?.headers.get('connection'), 'keep-alive')
})

test('where the network has no room, a request is told at once to come again', async t => {
  const model = held()
  const { url } = await serve(t, { predictor: model, room: 2, batch: 1, maxInputs: 2 })
  const first = post(url, { inputs: [INPUT] })
  await model.called
  const second = post(url, { inputs: [INPUT, INPUT] })
  // The second waits by now, or it is the third that does.
  const third = post(url, { inputs: [INPUT, INPUT] })
  const { status, headers, body } = await Promise.race([second, third])
  deepStrictEqual(
    [status, headers.get('retry-after'), body],
    [503, '1', { error: '2 items wait already, of 2 at most; come again' }]
  )
  model.go()
  const all = await Promise.all([first, second, third])
  deepStrictEqual(all.map(({ status }) => status).toSorted(), [200, 200, 503])
})

test('a network that takes too long costs a 503, and what waited is not predicted', async t => {
  const model = held()
  const { url, waiting } = await serve(t, { predictor: model, answerMs: 30, batch: 1, delay: 0 })
  const answers = await Promise.all([post(url, { inputs: [INPUT] }), post(url, { inputs: [INPUT] })])
  for (const { status, body } of answers)
    deepStrictEqual([status, body], [503, { error: 'no predictions for 30 ms; come again' }])
  strictEqual(waiting, 0)
  model.go()
})

test('a model that throws costs a 500 in one line, and the next request is answered', async t => {
  let fault: (() => ArrayLike<number>[]) | undefined = () => {
    throw new Error('the device\nwas lost')
  }
  const predictor: Model = { predict: async inputs => fault?.() ?? summing.predict(inputs) }
  const { url } = await serve(t, { predictor })
  const failed = await post(url, { inputs: [INPUT] })
  deepStrictEqual([failed.status, failed.body], [500, { error: 'no predictions: the device was lost' }])
  fault = () => [[1, Number.NaN]]
  const diverged = await post(url, { inputs: [INPUT] })
  deepStrictEqual([diverged.status, diverged.body], [500, { error: 'no predictions: the model gave NaN' }])
  fault = undefined
  strictEqual((await post(url, { inputs: [INPUT] })).status, 200)
})

test('a sender that breaks off in the middle is counted, and harms nobody', async t => {
  const { url, port, answers } = await serve(t)
  const socket = await say(t, port, `${head(100)}{"inputs":`)
  socket.destroy()
  strictEqual((await post(url, { inputs: [INPUT] })).status, 200)
  while (answers.length < 2) await new Promise(resolve => setImmediate(resolve))
  deepStrictEqual(answers.map(({ status }) => status).toSorted(), [200, 499])
})

test('a sender that leaves while it waits is not predicted for', async t => {
  const model = held()
  const { url, port, answers, batches } = await serve(t, { predictor: model, batch: 1, delay: 0 })
  const first = post(url, { inputs: [INPUT] })
  await model.called
  const body = JSON.stringify({ inputs: [INPUT] })
  const socket = await say(t, port, head(body.length) + body)
  const waits = get(`${url}/health`)
  await waits
  socket.destroy()
  while (answers.length < 1) await new Promise(resolve => setImmediate(resolve))
  strictEqual(answers[0]?.status, 499)
  model.go()
  strictEqual((await first).status, 200)
  deepStrictEqual(batches, [1])
})

test('a sender that is too slow with its body is told so', async t => {
  const { port } = await serve(t, { senderMs: 40 })
  const socket = await say(t, port, `${head(100)}{"inputs":`)
  await once(socket, 'data')
  match(socket.heard, /^HTTP\/1\.1 408 .*\{"error":"the body took longer than 40 ms"\}/s)
  socket.destroy()
})

test('of a reader that does not take its answers no more is read, and others are answered', async t => {
  const predict: Model['predict'] = async inputs => inputs.map(() => new Float32Array(2000).fill(0.5))
  const { url, port, answers } = await serve(t, { predictor: { predict }, output: [2000], delay: 0 })
  const body = JSON.stringify({ inputs: [INPUT] })
  const slow = await say(t, port, '')
  slow.pause()
  // More than the buffers of both ends hold.
  const sent = 2000
  for (let i = 1; i < sent; i++) slow.write(head(body.length) + body)
  slow.write(head(body.length, 'connection: close\r\n') + body)
  const posted = async () => {
    for (let i = 0; i < 20; i++) strictEqual((await post(url, { inputs: [INPUT] })).status, 200)
    return answers.length
  }
  let [before, now] = [0, await posted()]
  while (now - before > 20) [before, now] = [now, await posted()]
  ok(now < sent, `${now} were answered`)
  slow.resume()
  await once(slow, 'close')
  strictEqual(slow.heard.split('"version":0').length - 1, sent)
})

test('bytes that are announced are asked for, and more than are allowed are not', async t => {
  const { port } = await serve(t, { maxBody: 100 })
  const body = JSON.stringify({ inputs: [INPUT] })
  const polite = await say(t, port, head(body.length, 'expect: 100-continue\r\n'))
  await once(polite, 'data')
  match(polite.heard, /^HTTP\/1\.1 100 Continue/)
  polite.write(body)
  await once(polite, 'data')
  match(polite.heard, /HTTP\/1\.1 200 OK/)
  const large = await say(t, port, head(1000, 'expect: 100-continue\r\n'))
  await once(large, 'data')
  match(large.heard, /^HTTP\/1\.1 413 /)
})

test('closing answers what has come whole, refuses the rest, and ends', async t => {
  const model = held()
  const serving = await serve(t, { predictor: model })
  const { url, port } = serving
  const whole = post(url, { inputs: [INPUT] })
  await model.called
  const kept = await say(t, port, 'GET /health HTTP/1.1\r\nhost: me\r\n\r\n')
  await once(kept, 'data')
  const half = await say(t, port, `${head(100)}{"inputs":`)
  await get(`${url}/health`)
  let closed = false
  const closing = serving.close().then(() => {
    closed = true
  })
  while (half.heard === '') await once(half, 'data')
  match(half.heard, /^HTTP\/1\.1 503 .*retry-after: 1.*\{"error":"the server is ending; come again"\}/is)
  strictEqual(closed, false)
  model.go()
  const answer = await whole
  deepStrictEqual([answer.status, answer.headers.get('connection')], [200, 'close'])
  await closing
  await rejects(fetch(`${url}/health`))
})

test('options out of range and a port that is taken are refused in one line', async t => {
  const { port } = await serve(t)
  const start = (options: object) =>
    servePredictions(summing, { port: 0, input: [2], output: [2], ...options })
  await rejects(start({ port }), {
    name: 'SourceError',
    message: new RegExp(
      `^servePredictions: 127\\.0\\.0\\.1:${port} cannot be had \\(.*\\); give another port, or 0 for any$`
    )
  })
  await rejects(start({ classes: ['only'] }), {
    message: "servePredictions: classes must be as many as an output's values, 2; got 1"
  })
  await rejects(start({ maxInputs: 2000 }), {
    message: 'servePredictions: maxInputs must be a whole number, 1 to 1024; got 2000'
  })
  await rejects(start({ input: [0] }), /a size of input must be/)
  await rejects(start({ batch: 0 }), /batching: most must be/)
})
