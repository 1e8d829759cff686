import { deepStrictEqual, rejects, strictEqual } from 'node:assert'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileStore } from '../../src/sinks/file-store.ts'

const text = (value: string) => new TextEncoder().encode(value)

async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tensair-store-'))
  try {
    await act(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('a file is its parts in order; the folder is made; nothing else is left there', () =>
  inFolder(async folder => {
    const place = join(folder, 'deep', 'er')
    const store = fileStore(place)
    deepStrictEqual(await store.list(), [])
    await store.write('a.bin', [text('one '), text(''), text('two')])
    strictEqual(readFileSync(join(place, 'a.bin'), 'utf8'), 'one two')
    await store.write('a.bin', [text('three')])
    deepStrictEqual(await store.list(), ['a.bin'])
    deepStrictEqual(readdirSync(place), ['a.bin'])
    strictEqual(await store.size('a.bin'), 5)
    strictEqual(Buffer.from(await store.read('a.bin', 1, 3)).toString(), 'hre')
    strictEqual(Buffer.from(await store.read('a.bin', 3, 10)).toString(), 'ee')
    await store.remove('a.bin')
    await store.remove('a.bin')
    strictEqual(await store.size('a.bin'), undefined)
  }))

test('if the parts fail half-way, the old file is as it was and nothing is left behind', () =>
  inFolder(async folder => {
    const store = fileStore(folder)
    await store.write('a', [text('old')])
    async function* failing() {
      yield text('new')
      throw new Error('the device is gone')
    }
    await rejects(store.write('a', failing()), /^Error: the device is gone$/)
    strictEqual(readFileSync(join(folder, 'a'), 'utf8'), 'old')
    deepStrictEqual(readdirSync(folder), ['a'])
  }))

const noFullDevice = existsSync('/dev/full') ? false : 'there is no /dev/full here'

test('on a full disk the error says so, and the old file is as it was', { skip: noFullDevice }, () =>
  inFolder(async folder => {
    const store = fileStore(folder)
    await store.write('a', [text('old')])
    symlinkSync('/dev/full', join(folder, 'a.tmp'))
    await rejects(store.write('a', [text('new')]), {
      message: `${join(folder, 'a')}: not written, no space left on the disk; what was there before is untouched`
    })
    strictEqual(readFileSync(join(folder, 'a'), 'utf8'), 'old')
    deepStrictEqual(readdirSync(folder), ['a'])
  })
)

test('where the folder cannot be made, the error names the file and the reason', () =>
  inFolder(async folder => {
    writeFileSync(join(folder, 'taken'), '')
    await rejects(
      fileStore(join(folder, 'taken')).write('a', [text('x')]),
      /taken\/a: not written, E(EXIST|NOTDIR)/
    )
  }))

test('names that lead elsewhere are refused', () =>
  inFolder(async folder => {
    for (const name of ['../a', 'a/b', '', '.hidden', '/etc/passwd']) {
      await rejects(fileStore(folder).write(name, [text('x')]), /RangeError: store: a plain file name wanted/)
    }
  }))
