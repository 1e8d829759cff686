import { readFile } from 'node:fs/promises'
import decode, { init } from '@jsquash/jpeg/decode.js'
import { reasonOf } from './source-error.ts'

/** The decoder exits at a corrupt file, and leaves what was on its stack there; after 100 times that is full. */
const MOST_EXITS = 10

// The package holds one decoder for the whole process, and says what is wrong with a file by printing it.
const said: string[] = []
let wasmBinary: Promise<Uint8Array> | undefined
/** Files that the decoder has exited at; undefined where there is none yet. */
let exits: number | undefined
let turn: Promise<unknown> = Promise.resolve()

/**
 * The pixels of a JPEG file: red, green, blue and 255 for each. What its EXIF data say of turning it is not done.
 *
 * @throws Error, with the reason, where the file is corrupt or ends early.
 */
export function decodeJpeg(bytes: Uint8Array): Promise<Uint8ClampedArray> {
  const mine = turn.then(() => decodeNext(bytes))
  turn = mine.catch(() => {})
  return mine
}

async function decodeNext(bytes: Uint8Array): Promise<Uint8ClampedArray> {
  if (exits === undefined || exits >= MOST_EXITS) await open()
  said.length = 0
  let pixels: Uint8ClampedArray
  try {
    pixels = (await decode(new Uint8Array(bytes).buffer)).data
  } catch (error) {
    exits = (exits ?? 0) + 1
    throw new Error(said[0] ?? reasonOf(error), { cause: error })
  }
  if (said.length > 0) throw new Error(said[0])
  return pixels
}

async function open(): Promise<void> {
  wasmBinary ??= readFile(new URL(import.meta.resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm')))
  await init({ wasmBinary: await wasmBinary, printErr: (line: string) => said.push(line) })
  exits = 0
}
