// Which compression bytes are in, and the way to plain ones.

import { inNode } from './bytes.ts'
import { SourceError } from './source-error.ts'

export type Compression = 'gzip' | 'zstd'

const MAGIC: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]]
]

/** Bytes that tell a compression. */
export const HEAD_BYTES = 4

/** The compression that bytes begin with; undefined for plain text. */
export function compressionOf(head: Uint8Array): Compression | undefined {
  return MAGIC.find(([, magic]) => magic.every((byte, i) => head[i] === byte))?.[0]
}

/** The compression that a file's name promises; undefined for any other name. */
export function compressionByName(name: string): Compression | undefined {
  return name.endsWith('.gz') ? 'gzip' : name.endsWith('.zst') ? 'zstd' : undefined
}

/** Looks at the first bytes of a stream; `blocks` are all of it. Reads one block, or more where that one is too short to tell. */
export async function sniff(
  blocks: AsyncIterable<Uint8Array>
): Promise<{ compression: Compression | undefined; blocks: AsyncGenerator<Uint8Array> }> {
  const reader = blocks[Symbol.asyncIterator]()
  let head: Uint8Array = new Uint8Array()
  while (couldBecomeMagic(head)) {
    const next = await reader.next()
    if (next.done) break
    head = head.length === 0 ? next.value : Uint8Array.from([...head, ...next.value])
  }
  async function* all() {
    try {
      if (head.length > 0) yield head
      for (let next = await reader.next(); !next.done; next = await reader.next()) yield next.value
    } finally {
      await reader.return?.()
    }
  }
  return { compression: compressionOf(head), blocks: all() }
}

function couldBecomeMagic(head: Uint8Array): boolean {
  return MAGIC.some(([, magic]) => head.length < magic.length && head.every((byte, i) => byte === magic[i]))
}

/**
 * Decompresses a stream: in Node gzip of any number of members and zstd, in a browser gzip of one member.
 *
 * @throws SourceError where the bytes are damaged or end early.
 */
export async function* decompress(
  blocks: AsyncIterable<Uint8Array>,
  compression: Compression,
  name: string
): AsyncGenerator<Uint8Array> {
  const here = inNode ? (await import('./file-decompress.ts')).decompressWithZlib : decompressInBrowser
  yield* here(blocks, compression, name)
}

/** Decompresses with what browsers have. */
export async function* decompressInBrowser(
  blocks: AsyncIterable<Uint8Array>,
  compression: Compression,
  name: string
): AsyncGenerator<Uint8Array> {
  if (compression !== 'gzip') {
    throw new SourceError(
      `lines: ${name} is ${compression}, and a browser reads gzip only; compress it with gzip`
    )
  }
  const packed = blocks[Symbol.asyncIterator]()
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const next = await packed.next()
      if (next.done) controller.close()
      else controller.enqueue(next.value as Uint8Array<ArrayBuffer>)
    },
    async cancel() {
      await packed.return?.()
    }
  })
  const reader = source.pipeThrough(new DecompressionStream('gzip')).getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } catch (error) {
    throw error instanceof SourceError ? error : damaged(name, 'gzip', error)
  } finally {
    await reader.cancel().catch(() => {})
  }
}

export function damaged(name: string, compression: Compression, cause: unknown): SourceError {
  const reason = cause instanceof Error && cause.message !== '' ? cause.message : 'it does not decompress'
  return new SourceError(`lines: ${name} is damaged ${compression} (${reason}); get the file again`, {
    cause
  })
}
