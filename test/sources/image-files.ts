// Images as files, made by the tests.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import encodeJpeg, { init } from '@jsquash/jpeg/encode.js'
import { encode as encodePng } from 'fast-png'
import { SourceError } from '../../src/sources/source-error.ts'

let ready: Promise<void> | undefined

/** A JPEG file of one colour. */
export async function jpeg(width: number, height: number, colour: readonly number[]): Promise<Uint8Array> {
  ready ??= readFile(new URL(import.meta.resolve('@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm'))).then(
    wasmBinary => init({ wasmBinary })
  )
  await ready
  const data = new Uint8ClampedArray(width * height * 4)
  for (let i = 0; i < width * height; i++) data.set([...colour, 255], i * 4)
  return new Uint8Array(await encodeJpeg({ data, width, height, colorSpace: 'srgb' } as ImageData))
}

/** A PNG file of one colour, of 8 bits: as many channels as the colour has. */
export function png(width: number, height: number, colour: readonly number[]): Uint8Array {
  const data = new Uint8Array(width * height * colour.length)
  for (let i = 0; i < width * height; i++) data.set(colour, i * colour.length)
  return encodePng({ width, height, data, channels: colour.length, depth: 8 })
}

/** Writes files, by their paths below the folder. */
export async function writeFiles(
  folder: string,
  files: Record<string, Uint8Array | string>
): Promise<string> {
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), bytes)
  }
  return folder
}

/** What an action fails with: one line of a SourceError. */
export async function sourceErrorOf(action: Promise<unknown>): Promise<string> {
  const error = await action.then(
    () => undefined,
    error => error
  )
  if (!(error instanceof SourceError)) throw new Error('wanted a SourceError', { cause: error })
  if (error.message.includes('\n')) throw new Error(`wanted one line; got ${error.message}`)
  return error.message
}
