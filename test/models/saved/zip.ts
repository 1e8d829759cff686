import { crc32, deflateRawSync } from 'node:zlib'

/** A zip archive of some files. */
export function zipOf(
  files: Readonly<Record<string, Uint8Array>>,
  { deflate = false, comment = '' } = {}
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let at = 0
  for (const [name, content] of Object.entries(files)) {
    const data = deflate ? deflateRawSync(content) : content
    const title = Buffer.from(name)
    // What the local header and the directory have in common, from "version needed" to "length of extra".
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(deflate ? 8 : 0, 4)
    common.writeUInt32LE(crc32(content), 10)
    common.writeUInt32LE(data.length, 14)
    common.writeUInt32LE(content.length, 18)
    common.writeUInt16LE(title.length, 22)
    const offset = Buffer.alloc(14)
    offset.writeUInt32LE(at, 10)
    const local = [Buffer.from('PK\x03\x04'), common, title, data]
    parts.push(...local)
    directory.push(Buffer.from('PK\x01\x02\x14\0'), common, offset, title)
    at += local.reduce((sum, part) => sum + part.length, 0)
  }
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06')
  end.writeUInt16LE(Object.keys(files).length, 8)
  end.writeUInt16LE(Object.keys(files).length, 10)
  end.writeUInt32LE(
    directory.reduce((sum, part) => sum + part.length, 0),
    12
  )
  end.writeUInt32LE(at, 16)
  end.writeUInt16LE(comment.length, 20)
  return Uint8Array.from(Buffer.concat([...parts, ...directory, end, Buffer.from(comment, 'latin1')]))
}
