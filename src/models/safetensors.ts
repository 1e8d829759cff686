// The safetensors format, all little-endian:
//
//   offset  bytes  field
//        0      8  bytes of the header, H (u64)
//        8      H  JSON: { name: { dtype, shape, data_offsets: [begin, end] }, …, __metadata__?: { name: text } },
//                  filled up with spaces to a multiple of 8
//    8 + H      …  the tensors' values, back to back in the order of their offsets, without holes

const BYTES_OF = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8
} as const

/** The type of a tensor's values, as the format spells it. */
export type Dtype = keyof typeof BYTES_OF

/** A tensor to be written; `parts` gives its values in order, so that it need never be in memory whole. */
export interface TensorSource {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  parts(): Iterable<ArrayBufferView> | AsyncIterable<ArrayBufferView>
}

/** Where a tensor's values are in a file. */
export interface TensorPlace {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** First byte, counted from the start of the file. */
  readonly offset: number
  readonly bytes: number
}

/** What a safetensors file holds. */
export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: ReadonlyMap<string, TensorPlace>
}

// The reference implementation's bound.
const LONGEST_HEADER = 100_000_000

/** Yields the bytes of a safetensors file, a part at a time. */
export async function* encodeSafetensors(
  tensors: Readonly<Record<string, TensorSource>>,
  metadata: Readonly<Record<string, string>> = {}
): AsyncGenerator<Uint8Array> {
  // Wide values first: then every tensor starts at a multiple of its value's size.
  const ordered = Object.entries(tensors).sort(
    ([nameA, a], [nameB, b]) => BYTES_OF[b.dtype] - BYTES_OF[a.dtype] || (nameA < nameB ? -1 : 1)
  )
  const header: Record<string, unknown> = {}
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata
  let at = 0
  for (const [name, { dtype, shape }] of ordered) {
    const end = at + bytesOf(dtype, shape)
    header[name] = { dtype, shape, data_offsets: [at, end] }
    at = end
  }
  const json = new TextEncoder().encode(JSON.stringify(header))
  const start = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20)
  new DataView(start.buffer).setBigUint64(0, BigInt(start.length - 8), true)
  start.set(json, 8)
  yield start
  for (const [name, tensor] of ordered) {
    let left = bytesOf(tensor.dtype, tensor.shape)
    for await (const part of tensor.parts()) {
      left -= part.byteLength
      yield new Uint8Array(part.buffer, part.byteOffset, part.byteLength)
    }
    if (left !== 0)
      throw new Error(`internal: the parts of ${name} are ${-left} bytes more than its shape says`)
  }
}

/**
 * Reads and checks a file's header; `read(offset, length)` gives its bytes, `size` is how many it has.
 * @throws Error, with one line, where the file is not sound.
 */
export async function readSafetensorsHeader(
  size: number,
  read: (offset: number, length: number) => Promise<Uint8Array>
): Promise<SafetensorsHeader> {
  if (size < 8) throw new Error(`safetensors: ${size} bytes are too few for a header`)
  const first = await read(0, 8)
  const length = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true)
  if (length > BigInt(Math.min(size - 8, LONGEST_HEADER))) {
    throw new Error(`safetensors: a header of ${length} bytes does not fit in a file of ${size}`)
  }
  const json = parseHeader(await read(8, Number(length)))
  const start = 8 + Number(length)
  const tensors = new Map<string, TensorPlace>()
  const { __metadata__: metadata = {}, ...entries } = json
  for (const [name, entry] of Object.entries(entries)) tensors.set(name, placeOf(name, entry, start, size))
  refuseHoles(tensors, start, size)
  if (!isRecord(metadata) || Object.values(metadata).some(value => typeof value !== 'string')) {
    throw new Error('safetensors: __metadata__ is not a map of texts')
  }
  return { metadata: metadata as Record<string, string>, tensors }
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.slice()))
  } catch (cause) {
    throw new Error('safetensors: the header is not JSON', { cause })
  }
  if (!isRecord(json)) throw new Error('safetensors: the header is not a JSON object')
  return json
}

function placeOf(name: string, entry: unknown, start: number, size: number): TensorPlace {
  const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {}
  const what = `safetensors: tensor ${JSON.stringify(name)}`
  if (typeof dtype !== 'string' || !Object.hasOwn(BYTES_OF, dtype)) {
    throw new Error(`${what} has the unknown dtype ${JSON.stringify(dtype)}`)
  }
  if (!isSizes(shape)) throw new Error(`${what} has the shape ${JSON.stringify(shape)}`)
  if (!isSizes(offsets) || offsets.length !== 2) throw new Error(`${what} has no data_offsets`)
  const [begin, end] = offsets
  if (begin > end || end > size - start) {
    throw new Error(`${what} lies at ${begin}…${end}, outside the file's ${size - start} bytes of data`)
  }
  const bytes = bytesOf(dtype as Dtype, shape)
  if (bytes !== end - begin)
    throw new Error(`${what} of shape [${shape}] needs ${bytes} bytes, has ${end - begin}`)
  return { dtype: dtype as Dtype, shape, offset: start + begin, bytes }
}

function refuseHoles(tensors: Map<string, TensorPlace>, start: number, size: number): void {
  let at = start
  for (const [name, { offset, bytes }] of [...tensors].sort(
    ([, a], [, b]) => a.offset - b.offset || a.bytes - b.bytes
  )) {
    if (offset !== at)
      throw new Error(`safetensors: tensor ${JSON.stringify(name)} overlaps another or follows a hole`)
    at = offset + bytes
  }
  if (at !== size) throw new Error(`safetensors: the tensors end at byte ${at} of ${size}`)
}

function bytesOf(dtype: Dtype, shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, BYTES_OF[dtype])
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(size => Number.isSafeInteger(size) && size >= 0)
}
