import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { once } from 'node:events'
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { readdir, readlink, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type ParquetOptions, parquet } from '../../src/sources/parquet.ts'
import { rowsOf } from '../../src/sources/parquet-rows.ts'
import type { Chunk, Stream } from '../../src/types.ts'
import { temporary } from './temporary.ts'

const path = fileURLToPath(
  new URL('../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url)
)

interface Flight {
  readonly date: Date
  readonly delay: number
  readonly distance: number
  readonly origin: string
  readonly destination: string
}

const first: Flight = {
  date: new Date('2001-01-01T00:01:00.000Z'),
  delay: 33,
  distance: 2176,
  origin: 'LAS',
  destination: 'PHL'
}

async function firstChunk<Item>(items: Stream<Item>): Promise<Chunk<Item>> {
  for await (const chunk of items.chunks()) return chunk
  throw new Error('there is no chunk')
}

test('a file gives its rows as objects, in chunks that know where they end', async () => {
  const chunk = await firstChunk(parquet<Flight>(path))
  deepStrictEqual([...chunk][0], first)
  deepStrictEqual(chunk.position, { bytes: 4096, totalBytes: 3_000_000, share: 4096 / 3_000_000 })
})

test('every row comes once, over the borders of row groups and wherever reading begins', async () => {
  const groupRows = 272_727
  const options: ParquetOptions = { columns: ['distance', 'origin'] }
  const seen: unknown[] = []
  for await (const row of parquet(path, options)) if (seen.push(row) === groupRows + 5000) break
  for (const from of [1, 4096, groupRows - 3, groupRows, groupRows + 700]) {
    const rest: unknown[] = []
    for await (const row of parquet(path, { ...options, from })) if (rest.push(row) === 1000) break
    deepStrictEqual(rest, seen.slice(from, from + 1000), `from ${from}`)
  }
  const end = await Array.fromAsync(parquet(path, { ...options, from: 3_000_000 - 5 }).chunks())
  deepStrictEqual(
    end.map(chunk => [chunk.length, chunk.position?.bytes, chunk.position?.share]),
    [[5, 3_000_000, 1]]
  )
  deepStrictEqual(await Array.fromAsync(parquet(path, { ...options, from: 3_000_000 })), [])
})

test('64-bit integers are numbers, or BigInt where that is asked for, in lists and structs too', async () => {
  const chunk = await firstChunk(parquet(path, { bigints: true, columns: ['delay'] }))
  deepStrictEqual([...chunk][0], { delay: 33n })

  const nested = [['x', [{ a: [1n, null], b: new Date(0) }, undefined]]] as const
  deepStrictEqual(rowsOf(nested, { start: 0, end: 2, bigints: false }), [
    { x: { a: [1, null], b: new Date(0) } },
    { x: undefined }
  ])
  throws(() => rowsOf([['id', [2n ** 53n]]], { start: 0, end: 1, bigints: false }), {
    name: 'SourceError',
    message: 'parquet: column id holds 9007199254740992, which no number holds exactly; set bigints'
  })
})

test('bytes and file addresses are read as files are', async () => {
  const bytes = readFileSync(path)
  const columns = ['origin']
  for (const source of [bytes, new Uint8Array(bytes).buffer, new URL(`file://${path}`), `file://${path}`]) {
    deepStrictEqual([...(await firstChunk(parquet(source, { columns })))][0], { origin: 'LAS' })
  }
})

async function serve(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/flights.parquet`
}

test('of an http address only what is wanted is fetched', async t => {
  const size = statSync(path).size
  let sent = 0
  const address = await serve(t, (request, response) => {
    const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
    if (request.method === 'HEAD') response.writeHead(200, { 'content-length': size }).end()
    else {
      const last = Math.min(size - 1, end === '' ? size - 1 : Number(end))
      sent += last - Number(start) + 1
      response.writeHead(206, { 'content-range': `bytes ${start}-${last}/${size}` })
      createReadStream(path, { start: Number(start), end: last }).pipe(response)
    }
  })
  const chunk = await firstChunk(parquet(address, { columns: ['delay', 'origin'] }))
  deepStrictEqual([...chunk][0], { delay: 33, origin: 'LAS' })
  ok(sent < size / 8, `${sent} of ${size} bytes were sent`)
})

test('an address that does not answer says so', async t => {
  const address = await serve(t, (_request, response) => response.writeHead(404).end())
  await rejects(firstChunk(parquet(address)), {
    name: 'SourceError',
    message:
      /^parquet: http:.* cannot be read \(fetch .*404\); check the address, the network and the server$/
  })
})

test('what is no Parquet file, cut off, damaged or lacks something says so in one line', async t => {
  const folder = await temporary(t)
  const whole = readFileSync(path)
  const damaged = Buffer.from(whole)
  damaged.fill(0x55, 1000, 200_000)
  for (const [name, bytes, reason] of [
    [
      'empty.parquet',
      Buffer.alloc(0),
      /is no Parquet file, or damaged or cut off \(.+\); get the file again$/
    ],
    ['text.parquet', Buffer.from('a,b\n1,2\n'), /footer != PAR1/],
    ['cut.parquet', whole.subarray(0, 1_000_000), /footer != PAR1/],
    ['headless.parquet', whole.subarray(-2000), /is no Parquet file, or damaged or cut off/],
    ['damaged.parquet', damaged, /is no Parquet file, or damaged or cut off/]
  ] as const) {
    const path = join(folder, name)
    await writeFile(path, bytes)
    const error = await firstChunk(parquet(path)).catch(error => error)
    strictEqual(error.name, 'SourceError', name)
    ok(!error.message.includes('\n') && error.message.startsWith(`parquet: ${path} `), error.message)
    ok(reason.test(error.message), error.message)
  }
  await rejects(firstChunk(parquet(path, { columns: ['delay', 'weather'] })), {
    message: `parquet: ${path} has no column weather; it has date, delay, distance, origin, destination`
  })
  await rejects(firstChunk(parquet(path, { from: 3_000_001 })), {
    message: `parquet: wanted to go on at row 3000001 of ${path}, which has 3000000; it has changed, start from 0`
  })
  await rejects(firstChunk(parquet(join(folder, 'absent'))), /^SourceError: parquet: no file .*absent;/)
  await rejects(firstChunk(parquet(folder)), /^SourceError: parquet: wanted a file, since Parquet is read/)
  throws(() => parquet(path, { from: 0.5 }), /^RangeError: parquet: from must be a whole number of rows/)
})

test('a codec that is not there is named', async () => {
  const decompress = { ZSTD: undefined } as unknown as NonNullable<ParquetOptions['decompress']>
  await rejects(firstChunk(parquet(path, { decompress })), {
    name: 'SourceError',
    message: `parquet: ${path} is compressed with ZSTD, which nothing here decompresses; give decompress.ZSTD, from hyparquet-compressors, say`
  })
})

test('an abort ends the stream, and a reader that stops closes the file', async () => {
  const abort = new AbortController()
  let count = 0
  for await (const chunk of parquet(path, { columns: ['delay'], signal: abort.signal }).chunks()) {
    count += chunk.length
    abort.abort()
  }
  strictEqual(count, 4096)
  if (process.platform !== 'linux') return
  const numbers = await readdir('/proc/self/fd')
  const open = await Promise.all(numbers.map(n => readlink(`/proc/self/fd/${n}`).catch(() => 'gone')))
  ok(!open.includes(path))
})
