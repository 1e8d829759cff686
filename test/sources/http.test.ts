import { deepStrictEqual, match, ok, rejects, strictEqual } from 'node:assert'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { stringify } from 'csv-stringify/sync'
import { csv } from '../../src/sources/csv.ts'
import { lines } from '../../src/sources/lines.ts'

const many = Array.from({ length: 30_000 }, (_, i) => `line ${i} of a longer text`)
const manyBytes = Buffer.from(`${many.join('\n')}\n`)

/** Serves on a free port of this machine; the address ends with a slash. */
async function serve(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

function withLength(body: Buffer, headers: Record<string, string> = {}): RequestListener {
  return (_request, response) => {
    response.writeHead(200, { 'content-length': body.length, ...headers })
    response.end(body)
  }
}

for (const [kind, body, headers] of [
  ['plain', manyBytes, {}],
  ['gzip', gzipSync(manyBytes), {}],
  [
    'gzip of two members',
    Buffer.concat([manyBytes.subarray(0, 99), manyBytes.subarray(99)].map(b => gzipSync(b))),
    {}
  ],
  ['zstd', zstdCompressSync(manyBytes), {}],
  ['encoded on the way', gzipSync(manyBytes), { 'content-encoding': 'gzip' }]
] as const) {
  test(`an address gives its lines, ${kind}, and can be gone on with`, async t => {
    const address = await serve(t, withLength(body, headers))
    const chunks = await Array.fromAsync(lines(address).chunks())
    deepStrictEqual(
      chunks.flatMap(chunk => [...chunk]),
      many
    )
    const last = chunks.at(-1)?.position
    const encoded = kind === 'encoded on the way'
    strictEqual(last?.bytes, manyBytes.length)
    strictEqual(last?.totalBytes, kind === 'plain' ? manyBytes.length : undefined)
    strictEqual(last?.share, encoded ? undefined : 1)

    const from = chunks[0]?.position?.bytes ?? 0
    deepStrictEqual(
      await Array.fromAsync(lines(new URL(address), { from })),
      chunks.slice(1).flatMap(chunk => [...chunk])
    )
  })
}

test('an address gives the rows of its CSV, and can be gone on with', async t => {
  const rows = Array.from({ length: 9000 }, (_, i) => ({ id: `${i}`, text: `row "${i}",\nof a table` }))
  const text = stringify(rows, { header: true })
  for (const body of [Buffer.from(text), gzipSync(text)]) {
    const address = await serve(t, withLength(body))
    const chunks = await Array.fromAsync(csv(address).chunks())
    deepStrictEqual(
      chunks.flatMap(chunk => [...chunk]),
      rows
    )
    strictEqual(chunks.at(-1)?.position?.bytes, text.length)
    const from = chunks[1]?.position?.bytes ?? 0
    deepStrictEqual(
      await Array.fromAsync(csv(address, { from })),
      chunks.slice(2).flatMap(chunk => [...chunk])
    )
  }
  const gone = await serve(t, (_request, response) => response.writeHead(404).end('not here'))
  await rejects(Array.fromAsync(csv(gone)), {
    message: `csv: ${gone} answered 404 Not Found; wanted 200 and a text, check the address`
  })
})

test('an address without a length gives its lines as they come', async t => {
  let finish = () => {}
  const address = await serve(t, (_request, response) => {
    response.write('one\n')
    finish = () => response.end('two\n')
  })
  const chunks = lines(address).chunks()
  const first = await chunks.next()
  deepStrictEqual([...(first.value ?? [])], ['one'])
  finish()
  deepStrictEqual([...((await chunks.next()).value ?? [])], ['two'])
})

test('an abort ends the wait for an address that has gone quiet', async t => {
  const address = await serve(t, (_request, response) => void response.write('one\n'))
  const abort = new AbortController()
  const chunks = lines(address, { signal: abort.signal }).chunks()
  await chunks.next()
  const waiting = chunks.next()
  abort.abort()
  strictEqual((await waiting).done, true)
})

test('a reader that stops early closes the connection, and a slow one holds back the sender', async t => {
  let sent = 0
  let closed = () => {}
  const closing = new Promise<void>(resolve => (closed = resolve))
  const block = Buffer.from('0123456\n'.repeat(8192)) // 64 KiB
  const address = await serve(t, (_request, response) => {
    response.on('close', closed)
    const send = () => {
      do sent += block.length
      while (response.write(block))
    }
    response.on('drain', send)
    send()
  })
  const chunks = lines(address).chunks()
  await chunks.next()
  await chunks.return(undefined)
  await closing
  ok(sent < 16 * 1024 * 1024, `${sent} bytes were sent`)
})

test('an answer that is none says its status', async t => {
  const address = await serve(t, (_request, response) => response.writeHead(404).end('not here'))
  await rejects(Array.fromAsync(lines(address)), {
    name: 'SourceError',
    message: `lines: ${address} answered 404 Not Found; wanted 200 and a text, check the address`
  })
})

test('a body that breaks off says after how many bytes', async t => {
  const address = await serve(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 1000 })
    response.write('one\n', () => response.destroy())
  })
  await rejects(Array.fromAsync(lines(address)), {
    name: 'SourceError',
    message: new RegExp(`^lines: ${address} broke off after 4 bytes \\(.+\\); try again$`)
  })
})

test('a compressed body that breaks off says so too', async t => {
  const packed = gzipSync(manyBytes)
  const address = await serve(t, (_request, response) => {
    response.writeHead(200, { 'content-length': packed.length })
    response.write(packed.subarray(0, 1000), () => response.destroy())
  })
  await rejects(Array.fromAsync(lines(address)), {
    name: 'SourceError',
    message: /broke off after 1000 bytes/
  })
})

test('a host that does not exist and a port where nobody listens are told apart', async () => {
  const message = async (address: string) => {
    const error = await Array.fromAsync(lines(address)).catch(error => error)
    strictEqual(error.name, 'SourceError')
    return error.message
  }
  match(
    await message('http://no-such-host.invalid/text'),
    /^lines: no answer from http:\/\/no-such-host.invalid\/text \(.+\); check the address and the network$/
  )
  match(await message('http://127.0.0.1:2/'), /ECONNREFUSED/)
  match(await message('http://'), /^lines: wanted an address; http:\/\/ is none$/)
})
