import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from 'node:assert'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { httpIngest } from '../../src/sources/server-ingest.ts'
import { HEAD, heard, numbered, part, post, readAll, say, serve } from './ingesting.ts'

function numbers(count: number, first = 0) {
  return Array.from({ length: count }, (_, i) => ({ n: first + i }))
}

test('values that are posted come out in order, with blank lines left out and the last line with or without an end', async t => {
  const serving = await serve(t)
  const { items } = readAll(serving)
  deepStrictEqual(await post(serving.url, '{"n":0}\n\n  \r\n{"n":1}\r\n"größer"'), {
    status: 200,
    accepted: 3
  })
  deepStrictEqual(await post(serving.url, ''), { status: 200, accepted: 0 })
  deepStrictEqual(await post(`${serving.url}?from=me`, '[1]\n'), { status: 200, accepted: 1 })
  deepStrictEqual(items, [{ n: 0 }, { n: 1 }, 'größer', [1]])
  deepStrictEqual(serving.ingest.counts, { accepted: 4, turnedAway: 0, refused: 0 })
})

for (const [encoding, body] of [
  ['gzip', gzipSync(numbered(5000))],
  ['zstd', zstdCompressSync(numbered(5000))]
] as const) {
  test(`a body may be compressed: ${encoding}`, async t => {
    const serving = await serve(t)
    const { items } = readAll(serving)
    const headers = { 'content-encoding': encoding }
    deepStrictEqual(await post(serving.url, body, headers), { status: 200, accepted: 5000 })
    deepStrictEqual(items, numbers(5000))
    const damaged = await post(serving.url, body.subarray(0, body.length / 2), headers)
    strictEqual(damaged.status, 400)
    match(damaged.error ?? '', /^the body broke off: /)
    strictEqual(items.length, 5000 + damaged.accepted)
  })
}

test('lines may come in any pieces', async t => {
  const serving = await serve(t)
  const { items } = readAll(serving)
  const bytes = new TextEncoder().encode('{"word":"größer"}\n[1,2,3]\n{"a":"b"}\n')
  const body = new ReadableStream({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
      controller.close()
    }
  })
  deepStrictEqual(await post(serving.url, body), { status: 200, accepted: 3 })
  deepStrictEqual(items, [{ word: 'größer' }, [1, 2, 3], { a: 'b' }])
})

test('a body larger than the room is taken in as the flow makes room', async t => {
  const serving = await serve(t, { room: 1000 })
  const { items } = readAll(serving)
  deepStrictEqual(await post(serving.url, numbered(20_000)), { status: 200, accepted: 20_000 })
  deepStrictEqual(items, numbers(20_000))
})

test('a flow that is full answers 429, how much it has taken, and takes nothing more of it', async t => {
  const serving = await serve(t, { room: 1000, waitMs: 20 })
  const first = await post(serving.url, numbered(100))
  strictEqual(first.status, 429)
  strictEqual(first.retryAfter, '1')
  // Some wait in the room, and some are with the reader, who was waiting for them.
  ok(first.accepted > 10 && first.accepted < 40, `${first.accepted} were accepted`)
  deepStrictEqual(await post(serving.url, numbered(1)), {
    status: 429,
    accepted: 0,
    error: 'the flow is full; send what was not accepted later',
    retryAfter: '1'
  })
  deepStrictEqual(serving.ingest.counts, { accepted: first.accepted, turnedAway: 2, refused: 0 })
  const { items, ended } = readAll(serving)
  const rest = await post(serving.url, numbered(100 - first.accepted, first.accepted))
  strictEqual(rest.status, 200)
  serving.stop()
  await ended
  deepStrictEqual(items, numbers(100))
})

test('a line that is no JSON is named, with how many before it were taken', async t => {
  const serving = await serve(t)
  const { items } = readAll(serving)
  const answer = await post(serving.url, '1\n\n2\n{"a":}\n3\n')
  deepStrictEqual([answer.status, answer.accepted, answer.line], [400, 2, 4])
  match(answer.error ?? '', /^not taken: .*JSON/)
  const bytes = Uint8Array.of(0x31, 0x0a, 0x22, 0xff, 0x22, 0x0a)
  const invalid = await post(serving.url, bytes)
  deepStrictEqual([invalid.status, invalid.accepted, invalid.line], [400, 1, 2])
  const unended = await post(serving.url, '5\n{"a')
  deepStrictEqual([unended.status, unended.accepted, unended.line], [400, 1, 2])
  deepStrictEqual(items, [1, 2, 1, 5])
})

test('values that `as` does not want are refused with its reason', async t => {
  const serving = await serve(t, {
    as(value) {
      if (typeof value !== 'number') throw new Error(`wanted a number; got ${JSON.stringify(value)}`)
      return value * 2
    }
  })
  const { items } = readAll(serving)
  deepStrictEqual(await post(serving.url, '1\n2\n"three"\n4\n'), {
    status: 400,
    accepted: 2,
    line: 3,
    error: 'not taken: wanted a number; got "three"'
  })
  deepStrictEqual(items, [2, 4])
})

test('a line that is too long is refused before it is held, and so is a body', async t => {
  const serving = await serve(t, { maxLineBytes: 1000, maxBody: 30_000 })
  const { items } = readAll(serving)
  const huge = await post(serving.url, `1\n"${'x'.repeat(9000)}`)
  deepStrictEqual([huge.status, huge.accepted, huge.line], [413, 1, 2])
  const known = await post(serving.url, numbered(5000))
  deepStrictEqual([known.status, known.accepted], [413, 0])
  const packed = await post(serving.url, gzipSync(numbered(5000)), { 'content-encoding': 'gzip' })
  strictEqual(packed.status, 413)
  ok(packed.accepted > 2500 && packed.accepted < 3500, `${packed.accepted} were accepted`)
  strictEqual(items.length, 1 + packed.accepted)
})

test('an endless line is cut off, and its sender too', async t => {
  const serving = await serve(t)
  const socket = await say(t, serving.port, HEAD)
  const answer = heard(socket, /\}\n/)
  const flood = part('x'.repeat(65_536))
  const closed = new Promise(resolve => socket.once('close', resolve))
  const send = () => {
    while (!socket.destroyed && socket.write(flood));
  }
  socket.on('drain', send)
  send()
  match(await answer, /^HTTP\/1\.1 413 .*"accepted":0,"line":1,/s)
  await closed
})

test('other paths, methods and types are refused, and a sender without the token', async t => {
  const serving = await serve(t, { path: '/in', token: 'secret' })
  const url = serving.url.replace('/ingest', '/in')
  const known = { authorization: 'Bearer secret' }
  strictEqual((await post(serving.url, '1', known)).status, 404)
  strictEqual((await fetch(url, { headers: known })).status, 405)
  strictEqual((await post(url, '1')).status, 401)
  strictEqual((await post(url, '1', { authorization: 'Bearer secre' })).status, 401)
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=a']) {
    strictEqual((await post(url, '1', { ...known, 'content-type': type })).status, 415)
  }
  strictEqual((await post(url, '1', { ...known, 'content-encoding': 'br' })).status, 415)
  strictEqual(serving.ingest.counts.refused, 8)
  for (const type of ['application/json; charset=utf-8', 'application/jsonl', 'text/x-ndjson']) {
    strictEqual((await post(url, '1', { ...known, 'content-type': type })).status, 200)
  }
})

test('a sender who goes away in mid-request has sent its whole lines and nothing of the last', async t => {
  const serving = await serve(t)
  const socket = await say(t, serving.port, HEAD + part('1\n2\n"thr'))
  deepStrictEqual(await serving.next(), [1, 2])
  socket.destroy()
  // The server has noticed when it counts it.
  while (serving.ingest.counts.refused === 0) await new Promise(setImmediate)
  strictEqual((await post(serving.url, '4\n')).status, 200)
  deepStrictEqual(await serving.next(), [4])
})

test('a body shorter than it was said to be is not taken for whole', async t => {
  const serving = await serve(t)
  const { items } = readAll(serving)
  const head = HEAD.replace('transfer-encoding: chunked', 'content-length: 100')
  const socket = await say(t, serving.port, `${head}1\n23`)
  socket.end()
  while (serving.ingest.counts.refused === 0) await new Promise(setImmediate)
  deepStrictEqual(items, [1])
})

test('a slow sender is told so, whether it stops, trickles a line, or never ends its head', async t => {
  const serving = await serve(t, { senderMs: 50 })
  const { items } = readAll(serving)
  const quiet = await say(t, serving.port, HEAD + part('1\n'))
  match(await heard(quiet, /\}\n/), /^HTTP\/1\.1 408 .*"accepted":1,/s)

  const trickling = await say(t, serving.port, HEAD)
  const timer = setInterval(() => trickling.write(part(' ')), 5)
  t.after(() => clearInterval(timer))
  match(await heard(trickling, /\}\n/), /^HTTP\/1\.1 408 .*"accepted":0,/s)

  const headless = await say(t, serving.port, 'POST /ingest HTTP/1.1\r\nhost: me\r\nx-slow: ')
  match(await heard(headless, /408/), /^HTTP\/1\.1 408 /)
  deepStrictEqual(items, [1])
})

test('a sender that is slow but gives an item now and then may go on', async t => {
  const serving = await serve(t, { senderMs: 200 })
  const socket = await say(t, serving.port, HEAD)
  const answer = heard(socket, /\}\n/)
  const start = performance.now()
  let n = 0
  while (performance.now() - start < 400) {
    socket.write(part(`${n}\n`))
    deepStrictEqual(await serving.next(), [n++])
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  socket.write('0\r\n\r\n')
  match(await answer, new RegExp(`^HTTP/1\\.1 200 [^]*"accepted":${n}\\}`))
})

test('of many requests only so many are open at once, and the others are turned away whole', async t => {
  const serving = await serve(t, { maxRequests: 3 })
  const { items } = readAll(serving)
  const sockets = await Promise.all([0, 1, 2].map(n => say(t, serving.port, HEAD + part(`${n}\n`))))
  const answers = sockets.map(socket => heard(socket, /\}\n/))
  while (items.length < 3) await new Promise(setImmediate)
  const turned = await post(serving.url, '3\n')
  deepStrictEqual([turned.status, turned.accepted, turned.error], [429, 0, '3 requests are open already'])
  for (const socket of sockets) socket.write('0\r\n\r\n')
  for (const answer of await Promise.all(answers)) match(answer, /^HTTP\/1\.1 200 /)
  strictEqual((await post(serving.url, '3\n')).status, 200)
  deepStrictEqual(items.toSorted(), [0, 1, 2, 3])
})

test('many connections that send nothing do not keep the server from ending', async t => {
  const serving = await serve(t, { maxRequests: 8 })
  const sockets = await Promise.all(Array.from({ length: 60 }, () => say(t, serving.port, '')))
  const { ended } = readAll(serving)
  strictEqual((await post(serving.url, '1\n')).status, 200)
  const closed = sockets.map(socket => once(socket, 'close'))
  serving.stop()
  await ended
  await Promise.all(closed)
})

test('a request that is not wanted is refused before its body is sent, where the sender asks', async t => {
  const serving = await serve(t)
  const { items } = readAll(serving)
  const asking = HEAD.replace('\r\n\r\n', '\r\nexpect: 100-continue\r\n\r\n')
  const refused = await say(t, serving.port, asking.replace('/ingest', '/other'))
  match(await heard(refused, /\}\n/), /^HTTP\/1\.1 404 /)
  const wanted = await say(t, serving.port, asking)
  match(await heard(wanted, /\r\n\r\n/), /^HTTP\/1\.1 100 Continue/)
  wanted.write(`${part('1\n')}0\r\n\r\n`)
  match(await heard(wanted, /\}\n/), /HTTP\/1\.1 200 /)
  deepStrictEqual(items, [1])
})

test("with answer 'taken' the answer comes when the reader has come back for more", async t => {
  const serving = await serve(t, { answer: 'taken' })
  let answered = false
  const answer = post(serving.url, numbered(3)).finally(() => {
    answered = true
  })
  deepStrictEqual(await serving.next(), numbers(3))
  // Time enough for an answer that was on its way.
  strictEqual((await fetch(serving.url)).status, 405)
  strictEqual(answered, false)
  const next = serving.next()
  deepStrictEqual(await answer, { status: 200, accepted: 3 })
  serving.stop()
  strictEqual(await next, undefined)
})

test("with answer 'taken' a reader that stops leaves to the sender what it has not come back for", async t => {
  const serving = await serve(t, { answer: 'taken' })
  const socket = await say(t, serving.port, HEAD + part(numbered(2)))
  const answer = heard(socket, /\}\n/)
  deepStrictEqual(await serving.next(), numbers(2))
  socket.write(part(numbered(3, 2)))
  deepStrictEqual(await serving.next(), numbers(3, 2))
  await serving.leave()
  match(await answer, /^HTTP\/1\.1 503 .*"accepted":2,/s)
})

test('an abort stops the listening, hands out what was accepted and answers 503 to the rest', async t => {
  const serving = await serve(t, { room: 1000, waitMs: 60_000 })
  const kept = await say(t, serving.port, HEAD + part('"kept"\n'))
  const keptAnswer = heard(kept, /\}\n/)
  deepStrictEqual(await serving.next(), ['kept'])
  const waiting = post(serving.url, numbered(100))
  while (serving.ingest.counts.accepted < 10) await new Promise(setImmediate)
  serving.stop()
  const { status, accepted, retryAfter } = await waiting
  deepStrictEqual([status, retryAfter], [503, '1'])
  match(await keptAnswer, /^HTTP\/1\.1 503 .*"accepted":1,/s)
  await rejects(fetch(serving.url))
  const { items, ended } = readAll(serving)
  await ended
  ok(accepted >= 10)
  deepStrictEqual(items, numbers(accepted))
})

test('a reader that stops early frees the port', async t => {
  const serving = await serve(t)
  strictEqual((await post(serving.url, '1\n')).status, 200)
  await serving.next()
  await serving.leave()
  await rejects(fetch(serving.url))
  const again = await serve(t, { port: serving.port })
  strictEqual(again.port, serving.port)
})

test('a port that is taken is one clear line, for the reader and for whoever asks for the address', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  const address = other.address()
  ok(typeof address === 'object' && address !== null)
  const wanted = {
    name: 'SourceError',
    message: new RegExp(
      `^httpIngest: 127\\.0\\.0\\.1:${address.port} cannot be had \\(.*EADDRINUSE.*\\); give another port, or 0 for any$`
    )
  }
  const ingest = httpIngest({ port: address.port })
  await rejects(Array.fromAsync(ingest), wanted)
  await rejects(ingest.listening, wanted)
})

test('a signal that has aborted opens nothing', async () => {
  const ingest = httpIngest({ port: 0, signal: AbortSignal.abort() })
  deepStrictEqual(await Array.fromAsync(ingest), [])
  await rejects(ingest.listening, /^SourceError: httpIngest: ended before it listened$/)
})

test('options out of range are refused', () => {
  throws(
    () => httpIngest({ port: 0, room: 0 }),
    /^RangeError: httpIngest: room must be a whole number, 1 to \d+; got 0$/
  )
  throws(() => httpIngest({ port: 0, waitMs: -1 }), /waitMs must be a whole number, 0 to \d+; got -1/)
  throws(() => httpIngest({ port: 0, waitMs: Number.POSITIVE_INFINITY }), /waitMs must be .*; got Infinity/)
  throws(() => httpIngest({ port: 70_000 }), /port must be a whole number, 0 to 65535; got 70000/)
  throws(() => httpIngest({ port: 0, path: 'in' }), /path must begin with a \/; got in/)
  const answer = 'never' as 'taken'
  throws(() => httpIngest({ port: 0, answer }), /^TypeError: .* 'accepted' or 'taken'; got never$/)
})

test('posted at far more than its speed, a slow flow gives every accepted item once, in order', async t => {
  const serving = await serve<{ sender: number; n: number }>(t, {
    room: 20_000,
    waitMs: 5,
    as: value => value as { sender: number; n: number }
  })
  const senders = 4
  const each = 2000
  let turnedAway = 0
  const next = Array<number>(senders).fill(0)
  const reading = (async () => {
    for (let chunk = await serving.next(); chunk !== undefined; chunk = await serving.next()) {
      for (const { sender, n } of chunk) {
        strictEqual(n, next[sender])
        next[sender] = n + 1
      }
      await new Promise(resolve => setTimeout(resolve, 2))
    }
  })()
  await Promise.all(
    next.map(async (_, sender) => {
      for (let n = 0; n < each; ) {
        const end = Math.min(each, n + 500)
        const lines = Array.from({ length: end - n }, (_, i) => JSON.stringify({ sender, n: n + i }))
        const { status, accepted } = await post(serving.url, lines.join('\n'))
        strictEqual(status, n + accepted === end ? 200 : 429)
        if (status === 429) turnedAway++
        n += accepted
      }
    })
  )
  serving.stop()
  await reading
  deepStrictEqual(next, Array(senders).fill(each))
  ok(turnedAway > 0, 'nobody was turned away')
  deepStrictEqual(serving.ingest.counts, { accepted: senders * each, turnedAway, refused: 0 })
})
