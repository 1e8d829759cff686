import { deepStrictEqual, match, rejects, strictEqual } from 'node:assert'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { WebSocketServer } from 'ws'
import { sentimentOptions } from '../../src/jobs/sentiment-options.ts'
import { type Tweet, tweetsOf } from '../../src/jobs/sentiment-tweets.ts'
import { start } from '../cli/tensair.ts'
import { weather } from '../models/weather.ts'

const labels = ['sun', 'rain']
const ndjsonOf = (values: readonly unknown[]) => values.map(value => `${JSON.stringify(value)}\n`).join('')

/** A server on the loopback that answers so, for the time of the test. */
async function serve(t: TestContext, answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_, response) => answer(response)).listen(0, '127.0.0.1')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The job's tweets, with options as from the command line; `warnings` and `warned`, the first of them, are what it says. */
function opened(given: Readonly<Record<string, unknown>>) {
  const stop = new AbortController()
  const warnings: string[] = []
  const warned = Promise.withResolvers<string>()
  const warn = (message: string) => {
    warnings.push(message)
    warned.resolve(message)
  }
  const tweets = tweetsOf(sentimentOptions.parse({ labels, ...given }), stop.signal, warn)
  return { tweets, stop, warnings, warned: warned.promise }
}

async function post(url: string, values: readonly unknown[]) {
  const response = await fetch(url, {
    method: 'POST',
    body: ndjsonOf(values),
    headers: { 'content-type': 'application/x-ndjson' }
  })
  return { status: response.status, ...((await response.json()) as { accepted: number; error?: string }) }
}

const urlIn = (text: string): string => /http:\S+/.exec(text)?.[0] ?? ''

test('tweets come from an http address, as CSV', async t => {
  const rows = weather(20, 1)
  const url = await serve(t, response =>
    response.end(`text,label\n${rows.map(({ text, label }) => `${text},${label}\n`).join('')}`)
  )
  deepStrictEqual(await Array.fromAsync(opened({ input: `${url}/tweets.csv` }).tweets), rows)
})

test('of a feed over http that goes on each tweet comes at once', async t => {
  const rows = weather(3, 1)
  const answered = Promise.withResolvers<ServerResponse>()
  const url = await serve(t, response => answered.resolve(response))
  const { tweets } = opened({ input: url, format: 'ndjson' })
  const items = tweets[Symbol.asyncIterator]()
  for (const row of rows) {
    const next = items.next()
    const response = await answered.promise
    response.write(ndjsonOf([row]))
    deepStrictEqual((await next).value, row)
  }
  const end = items.next()
  ;(await answered.promise).end()
  strictEqual((await end).done, true)
})

test('tweets are taken by http: what is none its sender hears of, and the others come out once, in order', async t => {
  const { tweets, stop, warned, warnings } = opened({ listenHttp: '0' })
  t.after(() => stop.abort())
  const rows = weather(5, 1)
  const out: Tweet[] = []
  const read = (async () => {
    for await (const tweet of tweets) out.push(tweet)
  })()
  const url = urlIn(await warned)
  match(url, /^http:\/\/127\.0\.0\.1:\d+\/ingest$/)
  deepStrictEqual(await post(url, rows.slice(0, 3)), { status: 200, accepted: 3 })
  const { status, accepted, error } = await post(url, [rows[3], { text: 'a', label: 'snow' }, rows[4]])
  deepStrictEqual([status, accepted], [400, 1])
  match(error ?? '', /the label in label must be one of sun, rain; got snow/)
  deepStrictEqual(await post(url, rows.slice(4)), { status: 200, accepted: 1 })
  stop.abort()
  await read
  deepStrictEqual(out, rows)
  strictEqual(warnings.length, 1)
})

test('a port that cannot be had ends the stream with a line that says so', async t => {
  const url = await serve(t, response => response.end())
  const { port } = new URL(url)
  await rejects(Array.fromAsync(opened({ listenHttp: `127.0.0.1:${port}` }).tweets), {
    name: 'SourceError',
    message: new RegExp(`^httpIngest: 127\\.0\\.0\\.1:${port} cannot be had`)
  })
})

test('messages of a WebSocket are tweets; what is none is left out and told of', async t => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  t.after(() => server.close())
  await once(server, 'listening')
  const rows = weather(4, 1)
  server.on('connection', client => {
    for (const row of [rows[0], { text: 'a', label: 'snow' }, rows[1], 7]) client.send(JSON.stringify(row))
    client.send(ndjsonOf(rows.slice(2)))
    client.close(1000)
  })
  const { tweets, warnings } = opened({ input: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` })
  deepStrictEqual(await Array.fromAsync(tweets), rows)
  deepStrictEqual(warnings, [
    'sentiment: left out: the label in label must be one of sun, rain; got snow; give --label-column and --labels',
    'sentiment: 2 records were left out'
  ])
})

test('a place to listen at is a port, with a host or without, and the only input', () => {
  const read = (given: object) => sentimentOptions.safeParse({ labels, ...given })
  const placeOf = (listenHttp: string) => read({ listenHttp }).data?.listenHttp
  deepStrictEqual(placeOf('8080'), { host: '127.0.0.1', port: 8080 })
  deepStrictEqual(placeOf('0.0.0.0:0'), { host: '0.0.0.0', port: 0 })
  deepStrictEqual(placeOf('[::1]:65535'), { host: '::1', port: 65_535 })
  for (const wrong of ['65536', 'here', 'localhost', ':80', '-1', '']) {
    strictEqual(read({ listenHttp: wrong }).success, false, wrong)
  }
  for (const wrong of [{}, { input: 'none' }, { input: '-', listenHttp: '0' }]) {
    match(read(wrong).error?.message ?? '', /give --input FILE, or --listen-http PORT, and not both/)
  }
})

test('start sentiment learns what is posted to it, until it is interrupted', async t => {
  const running = start([
    ...['start', 'sentiment', '--listen-http', '0', '--every', '20', '--json'],
    ...['--labels', 'sun', '--labels', 'rain']
  ])
  t.after(() => running.kill('SIGKILL'))
  const { message } = await running.event('warning')
  deepStrictEqual(await post(urlIn(String(message)), weather(40, 1)), { status: 200, accepted: 40 })
  while (!running.stdout.includes('"type":"figures","tweets":40,"trained":40')) await setTimeout(20)
  running.kill('SIGINT')
  const { code, stderr } = await running.outcome
  strictEqual(code, 130, stderr)
})
