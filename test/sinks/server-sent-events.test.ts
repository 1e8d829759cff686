import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from 'node:assert'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { pipe } from 'it-pipe'
import { type ServerSentEventsOptions, serverSentEvents } from '../../src/sinks/server-sent-events.ts'
import { stream } from '../../src/stream.ts'
import { deaf, Feed } from './feed.ts'

interface Event {
  id?: string
  event?: string
  data?: unknown
}

async function serve(t: TestContext, options: Partial<ServerSentEventsOptions> = {}) {
  const feed = new Feed<unknown>()
  const sink = serverSentEvents({ port: 0, ...options })
  const done = pipe(feed, sink)
  t.after(async () => {
    feed.end()
    await done.catch(() => {})
  })
  const { url, port } = await sink.listening
  return { feed, done, port, url: `${url}/events` }
}

/** A client that has been let in; `next` gives its events, one by one. */
async function listen(url: string, headers: Record<string, string> = {}) {
  const abort = new AbortController()
  const response = await fetch(url, { headers, signal: abort.signal })
  strictEqual(response.status, 200)
  const events = read(response)
  return {
    response,
    async next(): Promise<Event | undefined> {
      return (await events.next()).value
    },
    async rest(): Promise<Event[]> {
      return await Array.fromAsync(events)
    },
    leave: () => abort.abort()
  }
}

async function* read(response: Response): AsyncGenerator<Event, undefined> {
  let text = ''
  if (response.body === null) return
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    text += part
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const event: Event = {}
      for (const line of block.split('\n')) {
        const [, field = '', value = ''] = /^(\w*): ?(.*)$/.exec(line) ?? []
        if (field === 'data') event.data = JSON.parse(value)
        else if (field === 'id' || field === 'event') event[field] = value
      }
      if ('data' in event) yield event
    }
  }
}

test('each item is an event to all who are connected, until the stream ends', async t => {
  const { feed, done, url } = await serve(t)
  const clients = [await listen(url), await listen(`${url}?me`)]
  feed.put({ n: 1 }, 'two\nlines', null)
  feed.end()
  for (const client of clients) {
    const events = await client.rest()
    deepStrictEqual(
      events.map(({ data, event }) => [data, event]),
      [
        [{ n: 1 }, undefined],
        ['two\nlines', undefined],
        [null, undefined],
        [{}, 'end']
      ]
    )
    const ids = events.slice(0, 3).map(({ id = '' }) => id.split('-'))
    deepStrictEqual(
      ids.map(([, number]) => number),
      ['1', '2', '3']
    )
    strictEqual(new Set(ids.map(([run]) => run)).size, 1)
  }
  deepStrictEqual(await done, { items: 3, clients: 2, dropped: 0 })
  strictEqual(clients[0]?.response.headers.get('content-type'), 'text/event-stream')
})

test('a client that comes back with its last id gets what it missed, once, and then what comes', async t => {
  const { feed, url } = await serve(t)
  const first = await listen(url)
  feed.put(1, 2, 3)
  const events = [await first.next(), await first.next(), await first.next()]
  first.leave()
  feed.put(4)
  const witness = await listen(url, { 'last-event-id': events[2]?.id ?? '' })
  strictEqual((await witness.next())?.data, 4)
  const back = await listen(url, { 'last-event-id': events[0]?.id ?? '' })
  feed.put(5)
  const datas = []
  for (let i = 0; i < 4; i++) datas.push((await back.next())?.data)
  deepStrictEqual(datas, [2, 3, 4, 5])
  feed.end()
})

test('where events are missing, a client is told so and gets what is kept', async t => {
  // Some 28 bytes an event.
  const { feed, url } = await serve(t, { history: 100 })
  const witness = await listen(url)
  feed.put(...Array.from({ length: 10 }, (_, n) => n))
  let last: Event | undefined
  let first: Event | undefined
  for (let n = 0; n < 10; n++) {
    last = await witness.next()
    first ??= last
  }
  for (const id of [first?.id, 'other-9', 'nonsense', `${last?.id}0`]) {
    const client = await listen(url, { 'last-event-id': id ?? '' })
    deepStrictEqual(await client.next(), { event: 'gap', data: {} })
    const kept = await client.next()
    ok(Number(kept?.data) >= 6 && Number(kept?.data) <= 8, `kept from ${kept?.data}`)
    client.leave()
  }
  const upToDate = await listen(url, { 'last-event-id': last?.id ?? '' })
  feed.put('new')
  strictEqual((await upToDate.next())?.data, 'new')
  feed.end()
})

test('a client that reads nothing is dropped, and the others get everything', async t => {
  const { feed, done, port, url } = await serve(t, { room: 100_000, patienceMs: 50 })
  const slow = await deaf(t, port, 'GET /events HTTP/1.1\r\nhost: me\r\n\r\n')
  const good = await listen(url)
  const item = 'x'.repeat(10_000)
  const reading = good.rest()
  const count = 2000
  for (let n = 0; n < count; n++) feed.put(item)
  feed.end()
  deepStrictEqual(await done, { items: count, clients: 2, dropped: 1 })
  strictEqual((await reading).length, count + 1)
  slow.resume()
  await once(slow, 'close')
})

test('a burst larger than the room reaches a client that reads', async () => {
  const sink = serverSentEvents({ port: 0, room: 10_000 })
  const ready = Promise.withResolvers<void>()
  const done = pipe(
    stream(async function* () {
      await ready.promise
      // More than the system's own buffers hold.
      yield Array.from({ length: 2000 }, () => 'x'.repeat(10_000))
    }),
    sink
  )
  const client = await listen(`${(await sink.listening).url}/events`)
  ready.resolve()
  strictEqual((await client.rest()).length, 2001)
  deepStrictEqual(await done, { items: 2000, clients: 1, dropped: 0 })
})

test('clients that go away are forgotten, and too many are turned away', async t => {
  const { feed, url } = await serve(t, { maxClients: 2 })
  const first = await listen(url)
  const second = await listen(url)
  strictEqual((await fetch(url)).status, 503)
  first.leave()
  // The server hears of it a little later.
  let third = await fetch(url)
  while (third.status === 503) third = await fetch(url)
  strictEqual(third.status, 200)
  await third.body?.cancel()
  feed.put(1)
  strictEqual((await second.next())?.data, 1)
  feed.end()
})

test('pages of another origin may read it only where that is named', async t => {
  const named = await serve(t, { origin: 'https://example.org' })
  const { response, leave } = await listen(named.url)
  strictEqual(response.headers.get('access-control-allow-origin'), 'https://example.org')
  leave()
  const unnamed = await listen((await serve(t)).url)
  strictEqual(unnamed.response.headers.get('access-control-allow-origin'), null)
  unnamed.leave()
})

test('other paths and methods are refused', async t => {
  const { url } = await serve(t, { path: '/live' })
  strictEqual((await fetch(url)).status, 404)
  strictEqual((await fetch(url.replace('/events', '/live'), { method: 'POST' })).status, 405)
})

test('a quiet server gives signs of life', async t => {
  const { url } = await serve(t, { beatMs: 10 })
  const response = await fetch(url)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  strictEqual((await reader?.read())?.value?.slice(0, 3), ':\n\n')
  await reader?.cancel()
})

test('a stream that fails, and an item that is none in JSON, cut the clients and are told', async t => {
  const failing = await serve(t)
  const client = await listen(failing.url)
  failing.feed.put(1)
  strictEqual((await client.next())?.data, 1)
  failing.feed.end(new Error('the source is gone'))
  await rejects(failing.done, /^Error: the source is gone$/)
  await rejects(client.next())

  const { feed, done } = await serve(t)
  feed.put(1, undefined)
  await rejects(done, /^SinkError: serverSentEvents: item 1: wanted a value that JSON can hold/)
  strictEqual(feed.ended, true)
})

test('a port that is taken is one clear line, and nothing of the stream is read', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  const address = other.address()
  ok(typeof address === 'object' && address !== null)
  const sink = serverSentEvents({ port: address.port })
  const feed = new Feed<number>()
  await rejects(sink(feed), error => {
    ok(error instanceof Error)
    strictEqual(error.name, 'SinkError')
    match(
      error.message,
      /^serverSentEvents: 127\.0\.0\.1:\d+ cannot be had \(.*EADDRINUSE.*\); give another port, or 0 for any$/
    )
    return true
  })
  await rejects(sink.listening, /cannot be had/)
})

test('options out of range are refused, and a second stream', async () => {
  throws(
    () => serverSentEvents({ port: 0, room: 0 }),
    /^RangeError: serverSentEvents: room must be .*; got 0$/
  )
  throws(() => serverSentEvents({ port: -1 }), /port must be a whole number, 0 to 65535; got -1/)
  throws(() => serverSentEvents({ port: 0, history: -1 }), /history must be a whole number of bytes; got -1/)
  const sink = serverSentEvents({ port: 0 })
  const empty = () => stream<number>(async function* () {})
  deepStrictEqual(await sink(empty()), { items: 0, clients: 0, dropped: 0 })
  await rejects(sink(empty()), /^SinkError: serverSentEvents: wanted one stream, once/)
})
