import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { execFileSync, spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { lines } from '../../src/sources/lines.ts'
import { temporary } from './temporary.ts'

const reader = fileURLToPath(new URL('read-lines.ts', import.meta.url))

function start(...args: string[]) {
  return spawn(process.execPath, [reader, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
}

test('standard input is read from a pipe, plain or compressed', async () => {
  for (const input of [Buffer.from('one\ntwo\nthree'), gzipSync('one\ntwo\nthree')]) {
    const child = start()
    child.stdin.end(input)
    const { count, bytes } = JSON.parse(await text(child.stdout))
    deepStrictEqual({ count, bytes }, { count: 3, bytes: 11 })
  }
})

test('standard input is read from a file', async t => {
  const path = join(await temporary(t), 'text.txt')
  await writeFile(path, 'one\ntwo\n')
  const child = spawn(process.execPath, [reader], { stdio: [openSync(path, 'r'), 'pipe', 'inherit'] })
  strictEqual(JSON.parse(await text(child.stdout as NonNullable<typeof child.stdout>)).count, 2)
})

test('a line of standard input is handed out while the pipe stays open, and an abort ends the wait', async () => {
  const child = start('-', '1')
  child.stdin.write('one\n')
  const output = await text(child.stdout) // ends only if the process does
  match(output, /^aborting\n.*"count":1/)
  child.stdin.destroy()
})

test('one line of 100 MB passes in pieces and in bounded memory', async () => {
  const child = start()
  const block = Buffer.from('a long line without an end '.repeat(40_000)) // 1.08 MB
  const [output] = await Promise.all([
    text(child.stdout),
    pipeline(async function* () {
      for (let i = 0; i < 100; i++) yield block
    }, child.stdin)
  ])
  const { bytes, longest, peakMb } = JSON.parse(output)
  strictEqual(bytes, 100 * block.length)
  ok(longest <= 1024 * 1024, `longest piece ${longest}`)
  ok(peakMb < 250, `peak RSS ${peakMb} MB`)
})

test('a named pipe is read like standard input', async t => {
  const path = join(await temporary(t), 'pipe')
  execFileSync('mkfifo', [path])
  const [seen] = await Promise.all([Array.fromAsync(lines(path)), writeFile(path, 'one\ntwo\n')])
  deepStrictEqual(seen, ['one', 'two'])
})
