import { deepStrictEqual, rejects, strictEqual } from 'node:assert'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { generateKeyPair, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { loadIdentity } from '../../src/net/node-identity.ts'

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'tensair-identity-'))
  t.after(() => rm(path, { recursive: true }))
  return path
}

const idOf = async (path: string) => peerIdFromPrivateKey(await loadIdentity(path)).toString()

test('an identity is made once and is the same after a restart', async t => {
  const state = join(await folder(t), 'not', 'yet', 'there')
  const id = await idOf(state)
  strictEqual(await idOf(state), id)
  deepStrictEqual(await readdir(state), ['identity.key'])
})

test('only its owner may read the key', { skip: process.platform === 'win32' }, async t => {
  const state = await folder(t)
  await loadIdentity(state)
  strictEqual((await stat(join(state, 'identity.key'))).mode & 0o777, 0o600)
})

test('many that start at once come to the same identity', async t => {
  const state = await folder(t)
  const ids = await Promise.all(Array.from({ length: 10 }, () => idOf(state)))
  strictEqual(new Set(ids).size, 1)
  deepStrictEqual(await readdir(state), ['identity.key'])
})

test('a file that holds no Ed25519 key is named, with what to do, and left as it is', async t => {
  const state = await folder(t)
  const path = join(state, 'identity.key')
  const broken = [
    new Uint8Array(0),
    Buffer.from('not a key'),
    privateKeyToProtobuf(await generateKeyPair('Ed25519')).subarray(0, 40),
    privateKeyToProtobuf(await generateKeyPair('secp256k1'))
  ]
  for (const bytes of broken) {
    await writeFile(path, bytes)
    await rejects(loadIdentity(state), ({ message }: Error) =>
      message.startsWith(
        `identity: ${path} should hold an Ed25519 key; its ${bytes.length} bytes are none. Put back`
      )
    )
    deepStrictEqual(new Uint8Array(await readFile(path)), new Uint8Array(bytes))
  }
})

test('a folder that cannot be made is named', async t => {
  const file = join(await folder(t), 'file')
  await writeFile(file, '')
  await rejects(
    loadIdentity(join(file, 'state')),
    /^Error: identity: .*identity\.key could not be (read|written): E/
  )
})
