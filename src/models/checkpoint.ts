// A checkpoint is two files of a store:
//
//   checkpoint.json                  what it is, the model's small state, and name, size and digest of
//   checkpoint-<number>.safetensors  the large state
//
// The tensors are written first, under a new name, and the manifest last: it is one file, replaced as a whole, and until
// then the previous pair stays valid.

import type { Store } from '../types.ts'
import { PIECE, PieceDigest } from './piece-digest.ts'
import {
  encodeSafetensors,
  readSafetensorsHeader,
  type SafetensorsHeader,
  type TensorSource
} from './safetensors.ts'

const MANIFEST = 'checkpoint.json'
const TENSORS = /^checkpoint-(\d+)\.safetensors$/
const FORMAT = 'tensair checkpoint'
const VERSION = 1
const LARGEST_MANIFEST = 2 ** 24

const ARRAYS = {
  U8: Uint8Array,
  U32: Uint32Array,
  I32: Int32Array,
  F32: Float32Array,
  F64: Float64Array
} as const

interface Arrays {
  U8: Uint8Array<ArrayBuffer>
  U32: Uint32Array<ArrayBuffer>
  I32: Int32Array<ArrayBuffer>
  F32: Float32Array<ArrayBuffer>
  F64: Float64Array<ArrayBuffer>
}

/** A checkpoint that was found sound. */
export interface Checkpoint {
  /** What `saveCheckpoint` was given, as JSON gives it back. */
  readonly state: Readonly<Record<string, unknown>>
  /** Length of a tensor's first axis. @throws Error where it is missing. */
  rows(name: string): number
  /** Reads values `first … first + count - 1` of a tensor. @throws Error where it is missing or of another type. */
  read<Type extends keyof Arrays>(
    name: string,
    dtype: Type,
    first: number,
    count: number
  ): Promise<Arrays[Type]>
}

/** The files of a checkpoint do not fit together, or hold something else. */
export class CheckpointError extends Error {
  override name = 'CheckpointError'
}

/** Whether the store holds a checkpoint, sound or not. */
export async function hasCheckpoint(store: Store): Promise<boolean> {
  return (await store.size(MANIFEST)) !== undefined
}

/** Writes a checkpoint; until it is safe, the previous one stays as it was. `state` is JSON. */
export async function saveCheckpoint(
  store: Store,
  model: string,
  state: object,
  tensors: Readonly<Record<string, TensorSource>>
): Promise<void> {
  const names = await store.list()
  const last = Math.max(0, ...names.map(name => Number(TENSORS.exec(name)?.[1] ?? 0)))
  const file = `checkpoint-${last + 1}.safetensors`
  const digest = new PieceDigest()
  await store.write(file, digested(encodeSafetensors(tensors), digest))
  const manifest = {
    format: FORMAT,
    version: VERSION,
    model,
    tensors: { file, bytes: digest.bytes, sha256: await digest.finish() },
    state
  }
  try {
    await store.write(MANIFEST, [new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`)])
  } catch (error) {
    // On a full disk it would be in the way of the next attempt.
    await store.remove(file).catch(() => {})
    throw error
  }
  for (const name of names) if (TENSORS.test(name)) await store.remove(name)
}

/**
 * Opens a store's checkpoint of a kind of model, and checks all of its bytes.
 * @throws CheckpointError, with one line that names the file.
 */
export async function openCheckpoint(store: Store, model: string): Promise<Checkpoint> {
  const where = `checkpoint in ${store.place}`
  const manifest = await readManifest(store, where)
  if (manifest.model !== model) {
    throw new CheckpointError(`${where}: it is of a ${manifest.model} model; a ${model} model is wanted`)
  }
  const { file, bytes, sha256 } = manifest.tensors
  const size = await store.size(file)
  if (size === undefined) throw new CheckpointError(`${where}: ${file} is missing`)
  if (size !== bytes)
    throw new CheckpointError(`${where}: ${file} has ${size} bytes, the manifest says ${bytes}`)
  const digest = new PieceDigest()
  for (let offset = 0; offset < size; offset += PIECE)
    await digest.update(await store.read(file, offset, PIECE))
  if ((await digest.finish()) !== sha256)
    throw new CheckpointError(`${where}: ${file} is damaged, its digest is another`)
  let header: SafetensorsHeader
  try {
    header = await readSafetensorsHeader(size, (offset, length) => store.read(file, offset, length))
  } catch (cause) {
    throw new CheckpointError(`${where}: ${file}: ${(cause as Error).message}`, { cause })
  }

  const place = (name: string) => {
    const tensor = header.tensors.get(name)
    if (tensor === undefined) throw new CheckpointError(`${where}: tensor ${name} is missing`)
    return tensor
  }
  return {
    state: manifest.state,
    rows: name => place(name).shape[0] ?? 1,
    async read<Type extends keyof Arrays>(name: string, dtype: Type, first: number, count: number) {
      const tensor = place(name)
      const Values = ARRAYS[dtype]
      const width = Values.BYTES_PER_ELEMENT
      if (tensor.dtype !== dtype || (first + count) * width > tensor.bytes) {
        throw new CheckpointError(
          `${where}: tensor ${name} is ${tensor.dtype} [${tensor.shape}]; values ${first} … ${first + count - 1} of ${dtype} are wanted`
        )
      }
      const bytes = await store.read(file, tensor.offset + first * width, count * width)
      // A view into the store's own memory might not start at a multiple of the width.
      const buffer = bytes.byteOffset === 0 ? bytes.buffer : bytes.slice().buffer
      return new Values(buffer, 0, count) as unknown as Arrays[Type]
    }
  }
}

async function readManifest(store: Store, where: string) {
  const size = await store.size(MANIFEST)
  if (size === undefined)
    throw new CheckpointError(`no checkpoint in ${store.place}: there is no ${MANIFEST}`)
  if (size > LARGEST_MANIFEST) throw new CheckpointError(`${where}: ${MANIFEST} is too large, ${size} bytes`)
  let manifest: ReturnType<typeof asManifest>
  try {
    manifest = asManifest(JSON.parse(new TextDecoder().decode(await store.read(MANIFEST, 0, size))))
  } catch (cause) {
    throw new CheckpointError(`${where}: ${MANIFEST} is damaged, it is not a manifest`, { cause })
  }
  if (manifest.version !== VERSION) {
    throw new CheckpointError(`${where}: version ${manifest.version}; this program reads version ${VERSION}`)
  }
  return manifest
}

function asManifest(json: unknown) {
  const { format, version, model, tensors, state } = json as Record<string, unknown>
  const { file, bytes, sha256 } = tensors as Record<string, unknown>
  const sound =
    format === FORMAT &&
    typeof file === 'string' &&
    TENSORS.test(file) &&
    typeof state === 'object' &&
    state !== null
  if (!sound) throw new TypeError('fields are missing')
  return { version, model, tensors: { file, bytes, sha256 }, state: state as Record<string, unknown> }
}

async function* digested(parts: AsyncIterable<Uint8Array>, digest: PieceDigest): AsyncGenerator<Uint8Array> {
  for await (const part of parts) {
    await digest.update(part)
    yield part
  }
}
