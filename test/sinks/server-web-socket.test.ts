import { deepStrictEqual, rejects, strictEqual } from 'node:assert'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { pipe } from 'it-pipe'
import { WebSocket as Client } from 'ws'
import { type WebSocketServerOptions, webSocketServer } from '../../src/sinks/server-web-socket.ts'
import { deaf, Feed } from './feed.ts'

async function serve(t: TestContext, options: Partial<WebSocketServerOptions> = {}) {
  const feed = new Feed<unknown>()
  const sink = webSocketServer({ port: 0, ...options })
  const done = pipe(feed, sink)
  t.after(async () => {
    feed.end()
    await done.catch(() => {})
  })
  return { feed, done, ...(await sink.listening) }
}

/** A browser's client that is connected. `messages` resolves with all that came, and the close code, when it is closed. */
async function listen(url: string) {
  const socket = new WebSocket(url)
  const texts: unknown[] = []
  socket.addEventListener('message', ({ data }) => texts.push(data))
  const messages = new Promise<{ texts: unknown[]; code: number }>(resolve =>
    socket.addEventListener('close', ({ code }) => resolve({ texts, code }))
  )
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  return { socket, messages }
}

function upgrade(path = '/'): string {
  const key = randomBytes(16).toString('base64')
  return `GET ${path} HTTP/1.1\r\nhost: me\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n\r\n`
}

/** The status with which a WebSocket is refused. */
async function refusal(url: string, origin?: string): Promise<number | undefined> {
  const client = new Client(url, origin === undefined ? {} : { origin })
  client.on('error', () => {})
  const [, response] = await once(client, 'unexpected-response')
  return response.statusCode
}

test('each item is a message to all who are connected, and the end closes them with code 1000', async t => {
  const { feed, done, url } = await serve(t)
  const clients = [await listen(url), await listen(`${url}/?me`)]
  feed.put({ n: 1 }, 'größer', [null])
  feed.end()
  for (const { messages } of clients) {
    deepStrictEqual(await messages, { texts: ['{"n":1}', '"größer"', '[null]'], code: 1000 })
  }
  deepStrictEqual(await done, { items: 3, clients: 2, dropped: 0 })
})

test('a client that reads nothing is dropped, and the others get everything', async t => {
  const { feed, done, port, url } = await serve(t, { room: 100_000, patienceMs: 50 })
  await deaf(t, port, upgrade())
  const { messages } = await listen(url)
  const item = 'x'.repeat(10_000)
  const count = 2000
  for (let n = 0; n < count; n++) feed.put(item)
  feed.end()
  deepStrictEqual(await done, { items: count, clients: 2, dropped: 1 })
  const { texts, code } = await messages
  deepStrictEqual([texts.length, code], [count, 1000])
})

test('a client that answers no sign of life is let go, and one that does is kept', async t => {
  const { feed, done, port, url } = await serve(t, { beatMs: 20 })
  const silent = await deaf(t, port, upgrade())
  const { messages } = await listen(url)
  const closed = new Promise(resolve => silent.once('close', resolve))
  silent.resume()
  await closed
  feed.put(1)
  feed.end()
  deepStrictEqual(await messages, { texts: ['1'], code: 1000 })
  deepStrictEqual(await done, { items: 1, clients: 2, dropped: 0 })
})

test('what clients send is not read, and one that sends much is closed', async t => {
  const { feed, url } = await serve(t)
  const polite = await listen(url)
  polite.socket.send('hello')
  const loud = await listen(url)
  loud.socket.send('x'.repeat(100_000))
  strictEqual((await loud.messages).code, 1009)
  feed.put(1)
  feed.end()
  deepStrictEqual(await polite.messages, { texts: ['1'], code: 1000 })
})

test('other paths, pages of other origins and too many clients are refused', async t => {
  const { port, url } = await serve(t, { path: '/live', origin: 'https://example.org', maxClients: 2 })
  strictEqual(await refusal(url), 404)
  strictEqual(await refusal(`${url}/live`, 'https://elsewhere.org'), 403)
  strictEqual((await fetch(`http://127.0.0.1:${port}/live`)).status, 426)
  for (const origin of ['https://example.org', `http://127.0.0.1:${port}`]) {
    const client = new Client(`${url}/live`, { origin })
    await once(client, 'open')
  }
  strictEqual(await refusal(`${url}/live`), 503)
})

test('a client that does not answer the end holds nobody up', async t => {
  const { feed, done, port } = await serve(t, { patienceMs: 50 })
  const silent = await deaf(t, port, upgrade())
  silent.resume()
  await once(silent, 'data')
  feed.put(1)
  feed.end()
  deepStrictEqual(await done, { items: 1, clients: 1, dropped: 0 })
})

test('a stream that fails cuts the clients', async t => {
  const { feed, done, url } = await serve(t)
  const { messages } = await listen(url)
  feed.end(new Error('the source is gone'))
  await rejects(done, /^Error: the source is gone$/)
  deepStrictEqual(await messages, { texts: [], code: 1006 })
})
