import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import decode, { init } from '@jsquash/jpeg/decode.js'
import { type ExampleChunk, exampleChunk } from '../src/models/layers-batch.ts'

const ARCHIVE = new URL('../../shared/data/images/cifar10-jpeg-q75.tar.gz', import.meta.url)
const BLOCK = 512
const SIDE = 32
/** Values of one image, 32 · 32 · 3. */
export const CIFAR_VALUES = SIDE * SIDE * 3

/** Images decoded, their pixels 0 to 1. */
export interface CifarImages {
  readonly train: ExampleChunk
  readonly test: ExampleChunk
}

/** CIFAR-10 JPEG: 50,000 images for training and 5,000 for testing, decoded into memory; undefined where it is not there. */
export async function cifarJpeg(): Promise<CifarImages | undefined> {
  const entries = cifarFiles()
  if (entries === undefined) return undefined
  const classes = [...new Set(entries.map(({ label }) => label))].sort()
  await init(
    await WebAssembly.compile(
      readFileSync(new URL(import.meta.resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm')))
    )
  )
  const columns = async (part: string) => {
    const some = entries.filter(entry => entry.part === part)
    const inputs = new Float32Array(some.length * CIFAR_VALUES)
    for (const [i, { bytes }] of some.entries()) {
      const { data } = await decode(Uint8Array.from(bytes).buffer)
      for (let pixel = 0, to = i * CIFAR_VALUES; pixel < SIDE * SIDE * 4; pixel += 4)
        for (let channel = 0; channel < 3; channel++) inputs[to++] = data[pixel + channel] / 255
    }
    return exampleChunk(
      inputs,
      Uint8Array.from(some, ({ label }) => classes.indexOf(label)),
      some.length
    )
  }
  return { train: await columns('train'), test: await columns('test') }
}

/** The JPEG files of CIFAR-10 JPEG, their paths part/label/name; undefined where they are not there. */
export function cifarFiles(): { path: string; part: string; label: string; bytes: Buffer }[] | undefined {
  if (!existsSync(ARCHIVE)) return undefined
  return [...tarFiles(gunzipSync(readFileSync(ARCHIVE)))].map(({ path, bytes }) => {
    const [part = '', label = ''] = path.split('/')
    return { path, part, label, bytes }
  })
}

/** The files of an archive whose paths have at most 100 characters. */
function* tarFiles(tar: Buffer): Generator<{ path: string; bytes: Buffer }> {
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0; ) {
    const text = (from: number, length: number) =>
      tar.toString('latin1', at + from, at + from + length).replace(/\0.*$/s, '')
    const size = Number.parseInt(text(124, 12), 8)
    const begin = at + BLOCK
    if (text(156, 1) === '0')
      yield { path: text(0, 100).replace(/^\.\//, ''), bytes: tar.subarray(begin, begin + size) }
    at = begin + Math.ceil(size / BLOCK) * BLOCK
  }
}
