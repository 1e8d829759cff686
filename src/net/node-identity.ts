import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'

/**
 * The peer's key, Ed25519, from `identity.key` in the folder, readable by the owner only. Where there is none yet it is made,
 * and never overwritten: two processes that start at once come to the same key.
 *
 * @throws Error that names the file and says what to do, where it holds no such key or cannot be read or written.
 */
export async function loadIdentity(folder: string): Promise<PrivateKey> {
  const path = join(folder, 'identity.key')
  const kept = await read(path)
  if (kept !== undefined) return kept

  const key = await generateKeyPair('Ed25519')
  const temporary = `${path}.${crypto.randomUUID()}.tmp`
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await write(temporary, privateKeyToProtobuf(key))
    if (await moveUnlessThere(temporary, path)) return key
  } catch (error) {
    throw new Error(`identity: ${path} could not be written: ${messageOf(error)}`, { cause: error })
  } finally {
    await rm(temporary, { force: true })
  }
  return loadIdentity(folder)
}

async function read(path: string): Promise<PrivateKey | undefined> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new Error(`identity: ${path} could not be read: ${messageOf(error)}`, { cause: error })
  }
  try {
    const key = privateKeyFromProtobuf(bytes)
    if (key.type === 'Ed25519') return key
  } catch {
    // Said below.
  }
  throw new Error(
    `identity: ${path} should hold an Ed25519 key; its ${bytes.length} bytes are none. ` +
      'Put back a copy of it, or move it away to go on as a new peer'
  )
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Renames the file; false where the name is taken. */
async function moveUnlessThere(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to) // unlike a rename it replaces nothing
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    await rename(from, to) // a file system without links
  }
  return true
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
