import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from 'node:assert'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type WebSocket as Client, WebSocketServer } from 'ws'
import { webSocketSource } from '../../src/sources/web-socket.ts'
import { delayOf } from '../../src/sources/web-socket-follow.ts'

const quick = { firstMs: 1, mostMs: 4 }

/** A server that does the next of `acts` with each connection, and the last with all that follow. */
async function serve(t: TestContext, ...acts: ((client: Client) => void)[]): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', client => (acts.length > 1 ? acts.shift() : acts[0])?.(client))
  await once(server, 'listening')
  t.after(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `ws://127.0.0.1:${address.port}/feed`
}

/** Sends messages, and closes as one who has no more to say. */
function sends(...messages: (string | Uint8Array)[]) {
  return (client: Client) => {
    for (const message of messages) client.send(message)
    client.close(1000)
  }
}

test('messages are values in JSON, or several, a line each; text or bytes', async t => {
  const url = await serve(
    t,
    sends('{"n":1}', '2\n3\n\n4\n', '{\n  "n": 5,\n  "deep": [6]\n}', Buffer.from('"größer"'), '', 'null')
  )
  const source = webSocketSource(url)
  deepStrictEqual(await Array.fromAsync(source), [{ n: 1 }, 2, 3, 4, { n: 5, deep: [6] }, 'größer', null])
  deepStrictEqual([source.failed, source.reconnects, source.dropped], [0, 0, 0])
})

test('what is no JSON, or not what `as` wants, ends the stream or is left out and counted', async t => {
  const url = await serve(t, sends('1', 'two', '"three"\n4'))
  await rejects(Array.fromAsync(webSocketSource(url)), error => {
    ok(error instanceof Error)
    match(
      error.message,
      /^webSocketSource: line 2 of ws:.*: .*JSON.*; repair the line, or leave such lines out/
    )
    return true
  })
  const as = (value: unknown) => {
    if (typeof value !== 'number') throw new Error('no number')
    return value
  }
  const source = webSocketSource(url, { as, onError: 'skip' })
  deepStrictEqual(await Array.fromAsync(source), [1, 4])
  strictEqual(source.failed, 2)
})

test('a connection that is lost is opened again, with the greeting, until the server has no more to say', async t => {
  const greetings: string[] = []
  const greeted = (act: (client: Client) => void) => (client: Client) =>
    void client.on('message', data => {
      greetings.push(String(data))
      act(client)
    })
  const url = await serve(
    t,
    greeted(client => client.send('1', () => client.terminate())),
    client => client.terminate(),
    greeted(client => {
      client.send('2')
      client.close(1001)
    }),
    greeted(sends('3'))
  )
  const source = webSocketSource(url, { reconnect: quick, greeting: 'hello' })
  deepStrictEqual(await Array.fromAsync(source), [1, 2, 3])
  deepStrictEqual(greetings, ['hello', 'hello', 'hello'])
  strictEqual(source.reconnects, 3)
})

test('a connection on which nothing comes for too long counts as lost', async t => {
  const url = await serve(t, client => client.send('1'), sends('2'))
  deepStrictEqual(await Array.fromAsync(webSocketSource(url, { reconnect: quick, quietMs: 50 })), [1, 2])
})

test('it gives up after so many tries in a row, or at once where it is told to', async t => {
  let connections = 0
  const url = await serve(t, client => {
    connections++
    client.close(1011, 'out of order')
  })
  await rejects(Array.fromAsync(webSocketSource(url, { reconnect: { ...quick, tries: 3 } })), {
    name: 'SourceError',
    message: `webSocketSource: ${url}: the connection was lost (code 1011, out of order), 4 times in a row; check the address and the network`
  })
  strictEqual(connections, 4)
  await rejects(
    Array.fromAsync(webSocketSource(url, { reconnect: false })),
    /\(code 1011, out of order\); check/
  )
  strictEqual(connections, 5)
})

test('an address where nobody listens, and one that is none, are said at once', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  ok(typeof address === 'object' && address !== null)
  server.close()
  await once(server, 'close')
  const url = `ws://127.0.0.1:${address.port}/`
  await rejects(Array.fromAsync(webSocketSource(url)), {
    name: 'SourceError',
    message: new RegExp(
      `^webSocketSource: ${url}: no connection \\(code 1006.*\\); check the address and the network$`
    )
  })
  await rejects(Array.fromAsync(webSocketSource('nowhere')), {
    name: 'SourceError',
    message: /^webSocketSource: wanted a ws or wss address \(.+\); got nowhere$/
  })
})

/** A server that sends one message, and a burst when it is told; tells when the connection is closed. */
async function burst(t: TestContext) {
  const client = Promise.withResolvers<Client>()
  const url = await serve(t, client.resolve)
  const sender = client.promise.then(client => {
    client.send('"first"')
    return client
  })
  return {
    url,
    async send(count: number): Promise<void> {
      const client = await sender
      for (let n = 0; n < count; n++) client.send(JSON.stringify(1000 + n))
      client.close(1000)
      await once(client, 'close')
    }
  }
}

test('a flow that is slower than the sender ends with an error that names the bound, after what waits', async t => {
  const { url, send } = await burst(t)
  const chunks = webSocketSource(url, { room: 6800 }).chunks()
  deepStrictEqual((await chunks.next()).value, ['first'])
  await send(1000)
  // 68 characters each.
  deepStrictEqual((await chunks.next()).value, numbers(1000, 100))
  await rejects(chunks.next(), {
    name: 'SourceError',
    message: `webSocketSource: ${url} sends faster than the flow takes it, and more than 6800 characters wait; make the flow faster, give more room, or whenFull: 'drop-oldest'`
  })
})

test('with drop-oldest a slow flow gets the newest, and what it missed is counted', async t => {
  const { url, send } = await burst(t)
  const source = webSocketSource(url, { room: 6800, whenFull: 'drop-oldest' })
  const chunks = source.chunks()
  deepStrictEqual((await chunks.next()).value, ['first'])
  await send(1000)
  deepStrictEqual((await chunks.next()).value, numbers(1900, 100))
  strictEqual((await chunks.next()).done, true)
  strictEqual(source.dropped, 900)
})

function numbers(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i)
}

test('a signal ends the stream after what has come, and a reader that stops closes the connection', async t => {
  let closed = Promise.withResolvers<void>()
  const url = await serve(t, client => {
    client.on('close', () => closed.resolve())
    client.send('1')
  })
  const abort = new AbortController()
  const items: unknown[] = []
  for await (const item of webSocketSource(url, { signal: abort.signal })) {
    items.push(item)
    abort.abort()
  }
  deepStrictEqual(items, [1])
  await closed.promise

  closed = Promise.withResolvers()
  for await (const _ of webSocketSource(url)) break
  await closed.promise
  deepStrictEqual(await Array.fromAsync(webSocketSource(url, { signal: AbortSignal.abort() })), [])
})

test('a signal ends the wait for another try', async t => {
  const url = await serve(t, client => client.send('1', () => client.terminate()))
  const abort = new AbortController()
  const chunks = webSocketSource(url, {
    reconnect: { firstMs: 1e6, mostMs: 1e6 },
    signal: abort.signal
  }).chunks()
  await chunks.next()
  const next = chunks.next()
  abort.abort()
  strictEqual((await next).done, true)
})

test('tries come after twice the time each, up to a bound, of which up to half is left to chance', () => {
  const backoff = { firstMs: 100, mostMs: 1000 }
  deepStrictEqual(
    [1, 2, 3, 4, 5, 6].map(n => delayOf(n, backoff, 1)),
    [100, 200, 400, 800, 1000, 1000]
  )
  deepStrictEqual(
    [1, 2, 50].map(n => delayOf(n, backoff, 0)),
    [50, 100, 500]
  )
})

test('options out of range are refused', () => {
  throws(
    () => webSocketSource('ws://me', { room: 0 }),
    /^RangeError: webSocketSource: room must be .*; got 0$/
  )
  throws(() => webSocketSource('ws://me', { quietMs: 0 }), /quietMs must be a number of milliseconds above 0/)
  throws(() => webSocketSource('ws://me', { reconnect: { tries: -1 } }), /tries must be at least 0; got -1/)
  const drop = 'drop' as 'drop-oldest'
  throws(
    () => webSocketSource('ws://me', { whenFull: drop }),
    /^TypeError: .* 'stop' or 'drop-oldest'; got drop$/
  )
})
