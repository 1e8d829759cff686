import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { pipe } from 'it-pipe'
import { type WebSocket as Client, WebSocketServer } from 'ws'
import { webSocketSink } from '../../src/sinks/web-socket.ts'
import { stream } from '../../src/stream.ts'
import { Feed } from './feed.ts'

async function serve(t: TestContext): Promise<{ url: string; client: Promise<Client>; texts: string[] }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  const client = Promise.withResolvers<Client>()
  const texts: string[] = []
  server.on('connection', socket => {
    socket.on('message', data => texts.push(String(data)))
    client.resolve(socket)
  })
  await once(server, 'listening')
  t.after(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  const address = server.address()
  ok(typeof address === 'object' && address !== null)
  return { url: `ws://127.0.0.1:${address.port}/`, client: client.promise, texts }
}

test('each item is a message, and the end closes with code 1000 when all are sent', async t => {
  const { url, client, texts } = await serve(t)
  const closed = client.then(socket => once(socket, 'close'))
  const items = stream<unknown>(async function* () {
    yield [{ n: 1 }, 'größer']
    yield [[null]]
  })
  deepStrictEqual(await pipe(items, webSocketSink(url)), { items: 3 })
  strictEqual((await closed)[0], 1000)
  deepStrictEqual(texts, ['{"n":1}', '"größer"', '[null]'])
})

test('a server that does not read holds back the flow', async t => {
  const { url, client, texts } = await serve(t)
  const item = 'x'.repeat(100_000)
  let asked = 0
  async function* items() {
    while (asked < 400) {
      asked++
      yield item
    }
  }
  const paused = client.then(socket => socket.pause())
  const done = pipe(items(), webSocketSink(url, { room: 1_000_000 }))
  await paused
  // It stands still once the sockets' own buffers are full as well.
  let before = -1
  while (asked !== before) {
    before = asked
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  ok(asked < 400, `all ${asked} items were asked for`)
  ;(await client).resume()
  deepStrictEqual(await done, { items: 400 })
  strictEqual(texts.length, 400)
})

test('a connection that is lost rejects at once and closes the stream, also while that is quiet', async t => {
  const { url, client } = await serve(t)
  const feed = new Feed<number>()
  feed.put(1)
  const done = pipe(feed, webSocketSink(url))
  const socket = await client
  await once(socket, 'message')
  socket.close(1011, 'no more room')
  await rejects(done, {
    name: 'SinkError',
    message: `webSocketSink: ${url}: no connection, or none any more (code 1011, no more room); check the address and the network`
  })
  // It closes when it has what it was waiting for.
  strictEqual(feed.ended, false)
  feed.put(2)
  while (!feed.ended) await new Promise(setImmediate)
})

test('a stream that fails, and an item that is none in JSON, close the connection', async t => {
  const { url, client } = await serve(t)
  const closed = client.then(socket => once(socket, 'close'))
  const feed = new Feed<unknown>()
  feed.put(1, undefined)
  await rejects(
    pipe(feed, webSocketSink(url)),
    /^SinkError: webSocketSink: item 1: wanted a value that JSON can hold/
  )
  strictEqual(feed.ended, true)
  await closed
})

test('an address where nobody listens, and one that is none, are said at once, and nothing is read', async t => {
  const { url } = await serve(t)
  const feed = new Feed<number>()
  await rejects(pipe(feed, webSocketSink(url.replace('ws:', 'wss:'))), {
    name: 'SinkError',
    message:
      /^webSocketSink: wss:.*: no connection, or none any more \(code 1006.*\); check the address and the network$/
  })
  await rejects(
    pipe(feed, webSocketSink('nowhere')),
    /^SinkError: webSocketSink: wanted a ws or wss address \(.+\); got nowhere$/
  )
  throws(() => webSocketSink(url, { room: 0 }), /^RangeError: webSocketSink: room must be .*; got 0$/)
})
