import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ByteSource, TextStart } from '../../src/sources/bytes.ts'
import { type SplitOptions, splitLines } from '../../src/sources/split-lines.ts'

const encoder = new TextEncoder()

/** A source of these blocks, the first of which begins at `from`. */
function source(blocks: readonly (Uint8Array | TextStart)[], { live = false } = {}): ByteSource {
  return {
    live,
    blocks: (async function* () {
      yield* blocks
    })(),
    position: bytes => ({ bytes })
  }
}

/** Cuts bytes at random places. */
function blocksOf(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map(cut => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, i) => bytes.slice(places[i], end))
}

async function read(
  blocks: readonly (Uint8Array | TextStart)[],
  options: SplitOptions & { live?: boolean } = {}
) {
  const chunks = await Array.fromAsync(splitLines(source(blocks, options), options))
  return { chunks, lines: chunks.flatMap(chunk => [...chunk]) }
}

/** Text with many line ends, long and short lines, and characters of one to four bytes. */
const text = fc
  .array(fc.constantFrom('a', 'word ', ' ', '\n', '\r\n', '\r', 'é', '’', '語', '😀', 'x'.repeat(40)), {
    maxLength: 60
  })
  .map(parts => parts.join(''))
const cuts = fc.array(fc.nat(), { maxLength: 6 })

/** The definition: what split gives, without the empty string after a last line end. */
function linesIn(whole: string): string[] {
  const lines = whole.split('\n').map(line => (line.endsWith('\r') ? line.slice(0, -1) : line))
  return whole === '' || whole.endsWith('\n') ? lines.slice(0, -1) : lines
}

test('lines are what stands between LF or CRLF, wherever blocks and chunks end', async () => {
  await fc.assert(
    fc.asyncProperty(text, cuts, fc.integer({ min: 1, max: 50 }), async (whole, cuts, chunkBytes) => {
      const { lines } = await read(blocksOf(encoder.encode(whole), cuts), { chunkBytes })
      deepStrictEqual(lines, linesIn(whole))
    })
  )
})

test('a source resumed at a position hands out the chunks that would have come', async () => {
  await fc.assert(
    fc.asyncProperty(text, cuts, fc.integer({ min: 1, max: 50 }), async (whole, cuts, chunkBytes) => {
      const bytes = encoder.encode(whole)
      const options = { chunkBytes, maxLineBytes: 16 }
      const { chunks } = await read(blocksOf(bytes, cuts), options)
      strictEqual(chunks.at(-1)?.position?.bytes ?? 0, bytes.length)
      for (const [i, chunk] of chunks.entries()) {
        const from = chunk.position?.bytes ?? 0
        const resumed = await read(blocksOf(bytes.subarray(from), cuts), { ...options, from })
        deepStrictEqual(
          resumed.chunks.map(chunk => [[...chunk], chunk.position]),
          chunks.slice(i + 1).map(chunk => [[...chunk], chunk.position])
        )
      }
    }),
    { numRuns: 60, examples: [[`word word ${'x'.repeat(40)}`, [668807892], 1]] }
  )
})

test('a long line becomes pieces that join to it, none too long, no character cut', async () => {
  await fc.assert(
    fc.asyncProperty(text, cuts, fc.integer({ min: 16, max: 50 }), async (whole, cuts, maxLineBytes) => {
      const line = whole.replaceAll(/[\r\n]/g, '')
      fc.pre(line !== '')
      const { lines } = await read(blocksOf(encoder.encode(`${line}\n`), cuts), { maxLineBytes })
      strictEqual(lines.join(''), line)
      for (const piece of lines) ok(encoder.encode(piece).length <= maxLineBytes)
      if (encoder.encode(line).length <= maxLineBytes) strictEqual(lines.length, 1)
    })
  )
})

test('a long line is cut after a space', async () => {
  const { lines } = await read([encoder.encode('one two three four five\n')], { maxLineBytes: 16 })
  deepStrictEqual(lines, ['one two three ', 'four five'])
})

test('a long line without spaces is cut between characters', async () => {
  for (let before = 0; before < 4; before++) {
    const line = 'a'.repeat(before) + '😀'.repeat(20)
    const { lines } = await read([encoder.encode(line)], { maxLineBytes: 16 })
    strictEqual(lines.join(''), line)
  }
})

test('a line of exactly the longest length is not cut, with LF, CRLF or nothing after it', async () => {
  for (const end of ['\n', '\r\n', '']) {
    const { lines } = await read([encoder.encode(`0123456789abcdef${end}`)], { maxLineBytes: 16 })
    deepStrictEqual(lines, ['0123456789abcdef'], JSON.stringify(end))
  }
})

test('bytes that only continue characters are cut all the same', async () => {
  const { chunks } = await read([new Uint8Array(40).fill(0x80)], { maxLineBytes: 16 })
  deepStrictEqual([...(chunks[0]?.ends ?? [])], [16, 32, 40])
})

test('no line runs from one text into the next, and each may begin with a byte-order mark', async () => {
  const mark = '\uFEFF'
  const { lines, chunks } = await read([
    { name: 'a', at: 0 },
    encoder.encode(`${mark}one\ntw`),
    encoder.encode(`o`),
    { name: 'b', at: 11 },
    encoder.encode(`${mark}three ${mark}`)
  ])
  deepStrictEqual(lines, ['one', 'two', `three ${mark}`])
  strictEqual(chunks.at(-1)?.position?.bytes, 23)
})

test('a live source hands out its lines as they come, any other in full chunks', async () => {
  const blocks = ['one\ntwo\nth', 'ree\n'].map(block => encoder.encode(block))
  const contents = async (live: boolean) => (await read(blocks, { live })).chunks.map(chunk => [...chunk])
  deepStrictEqual(await contents(true), [['one', 'two'], ['three']])
  deepStrictEqual(await contents(false), [['one', 'two', 'three']])
})

test('invalid UTF-8 becomes U+FFFD', async () => {
  const { lines } = await read([Uint8Array.of(0x61, 0xff, 0x62, 10, 0xe2, 0x80, 10, 0x63)])
  deepStrictEqual(lines, ['a\uFFFDb', '\uFFFD', 'c'])
})

test('a zero byte at the start of a text is refused with its offset', async () => {
  await rejects(read([{ name: 'photo.jpg', at: 0 }, Uint8Array.of(0x61, 0x62, 0)]), {
    name: 'SourceError',
    message:
      'lines: photo.jpg looks binary (a zero byte at offset 2); give UTF-8 text, plain or compressed with gzip or zstd'
  })
})

test('lines that came whole before an error are handed out before it', async () => {
  const broken: ByteSource = {
    live: false,
    blocks: (async function* () {
      yield encoder.encode('one\ntwo\nthr')
      throw new Error('disk on fire')
    })(),
    position: bytes => ({ bytes })
  }
  const lines: string[] = []
  await rejects(async () => {
    for await (const chunk of splitLines(broken)) lines.push(...chunk)
  }, /disk on fire/)
  deepStrictEqual(lines, ['one', 'two'])
})

test('a source is asked for no more than the reader has taken', async () => {
  let handedOut = 0
  const endless: ByteSource = {
    live: false,
    blocks: (async function* () {
      for (;;) {
        handedOut++
        yield encoder.encode('0123456\n')
      }
    })(),
    position: bytes => ({ bytes })
  }
  const chunks = splitLines(endless, { chunkBytes: 80 })
  await chunks.next()
  strictEqual(handedOut, 10)
  await chunks.return(undefined)
})
