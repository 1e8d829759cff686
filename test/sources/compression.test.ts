import { deepStrictEqual, rejects, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { compressionOf, decompressInBrowser, sniff } from '../../src/sources/compression.ts'

async function* blocks(...all: Uint8Array[]) {
  yield* all
}

async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(source))
}

test('sniffing tells the compression, wherever blocks end, and loses no byte', async () => {
  const starts = [
    gzipSync('text'),
    zstdCompressSync('text'),
    Buffer.from('text'),
    Buffer.from('(5'),
    Buffer.of(0x1f)
  ]
  for (const bytes of [...starts, Buffer.of()]) {
    for (let cut = 0; cut <= Math.min(6, bytes.length); cut++) {
      const split = blocks(bytes.subarray(0, cut), bytes.subarray(cut))
      const { compression, blocks: all } = await sniff(split)
      strictEqual(compression, compressionOf(bytes))
      deepStrictEqual(await bytesOf(all), bytes)
    }
  }
})

test('sniffing text waits for no more than its first block', async () => {
  let taken = 0
  async function* lines() {
    for (;;) {
      taken++
      yield Buffer.from('a\n')
    }
  }
  const { blocks: all } = await sniff(lines())
  strictEqual(taken, 1)
  await all.next()
  strictEqual(taken, 1)
})

test('a browser decompresses gzip', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), fc.nat(100), async (bytes, cut) => {
      const packed = gzipSync(bytes)
      const plain = decompressInBrowser(blocks(packed.subarray(0, cut), packed.subarray(cut)), 'gzip', 'x.gz')
      deepStrictEqual(await bytesOf(plain), Buffer.from(bytes))
    }),
    { numRuns: 20 }
  )
})

test('a browser says what it cannot decompress', async () => {
  const packed = gzipSync('a text that is long enough to be cut')
  await rejects(bytesOf(decompressInBrowser(blocks(packed.subarray(0, 20)), 'gzip', 'x.gz')), {
    name: 'SourceError',
    message: /^lines: x.gz is damaged gzip \(.+\); get the file again$/
  })
  await rejects(bytesOf(decompressInBrowser(blocks(packed), 'zstd', 'x.zst')), {
    name: 'SourceError',
    message: 'lines: x.zst is zstd, and a browser reads gzip only; compress it with gzip'
  })
})
