import { SavedModelError } from './saved-source.ts'

// A zip file, little-endian: entries (local header of 30 bytes, name, extra, data), then the directory (46 bytes, name, extra and
// comment for each entry), then an end record of 22 bytes. Only the directory tells sizes for sure.
const END = 0x06054b50
const ENTRY = 0x02014b50
const STORED = 0
const DEFLATED = 8

/**
 * The files of a zip archive that are wanted and there, by their names.
 * @throws SavedModelError where the archive is cut off or damaged: the checksum of every file is checked.
 */
export async function unzip(
  archive: Uint8Array<ArrayBuffer>,
  wanted: readonly string[]
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.length)
  const files = new Map<string, Uint8Array<ArrayBuffer>>()
  try {
    const end = endRecord(view)
    const entries = view.getUint16(end + 10, true)
    let at = view.getUint32(end + 16, true)
    for (let i = 0; i < entries; i++) {
      if (view.getUint32(at, true) !== ENTRY) throw new RangeError('no entry')
      const nameLength = view.getUint16(at + 28, true)
      const name = new TextDecoder().decode(archive.subarray(at + 46, at + 46 + nameLength))
      if (wanted.includes(name)) files.set(name, await fileOf(archive, view, at, name))
      at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
    }
  } catch (cause) {
    if (cause instanceof SavedModelError) throw cause
    throw new SavedModelError('the archive is cut off or damaged', { cause })
  }
  return files
}

function endRecord(view: DataView): number {
  // A comment of at most 64 KiB may follow; the record tells its length.
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 22 - 0xffff); at--) {
    const isWhole =
      view.getUint32(at, true) === END && at + 22 + view.getUint16(at + 20, true) === view.byteLength
    if (isWhole) return at
  }
  throw new RangeError('no end record')
}

async function fileOf(
  archive: Uint8Array<ArrayBuffer>,
  view: DataView,
  entry: number,
  name: string
): Promise<Uint8Array<ArrayBuffer>> {
  const method = view.getUint16(entry + 10, true)
  const packed = view.getUint32(entry + 20, true)
  const size = view.getUint32(entry + 24, true)
  const local = view.getUint32(entry + 42, true)
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true)
  const data = archive.subarray(start, start + packed)
  if (method !== STORED && method !== DEFLATED) {
    throw new SavedModelError(`${name} is packed by method ${method}; 0 (stored) and 8 (deflate) can be read`)
  }
  const file = method === STORED ? data : await inflated(data)
  if (file.length !== size || crc32(file) !== view.getUint32(entry + 16, true)) {
    throw new SavedModelError(`${name} in the archive is damaged`)
  }
  return file
}

async function inflated(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

// The polynomial of zip and PNG, one step for each value of a byte.
const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})

function crc32(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC[(crc ^ byte) & 0xff] ?? 0)
  return (crc ^ -1) >>> 0
}
