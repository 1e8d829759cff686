import { match, ok, rejects, strictEqual, throws } from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { standardOutput } from '../../src/sinks/file-standard-output.ts'

const writer = fileURLToPath(new URL('write-output.ts', import.meta.url))

function start(what: string, output: 'pipe' | number = 'pipe') {
  const child = spawn(process.execPath, ['--conditions=tensair-source', writer, what], {
    stdio: ['ignore', output, 'pipe']
  })
  return { child, output: child.stdout as Readable, told: text(child.stderr as Readable) }
}

test('items are lines of JSON, strings lines of text if that is asked for', async () => {
  const few = start('few')
  strictEqual(await text(few.output), '{"n":1}\nnull\n')
  strictEqual(await few.told, 'closed\n{ items: 2 }\n')
  const lines = start('lines')
  strictEqual(await text(lines.output), 'one\nnaïve\n\n')
  strictEqual(await lines.told, 'closed\n{ items: 3 }\n')
})

test('when its reader goes away the stream is closed, and that is no error', async () => {
  const { child, output, told } = start('endless')
  await once(output, 'readable')
  match(String(output.read()), /^\{"n":0,"text":"x+"\}\n/)
  output.destroy()
  const [code] = await once(child, 'close')
  strictEqual(code, 0)
  match(await told, /^closed\n\{ items: \d+ \}\n$/)
})

test('an item that JSON cannot hold is an error, and what came before it is written', async () => {
  const { output, told } = start('odd')
  strictEqual(await text(output), '1\n')
  match(
    await told,
    /^closed\nSinkError: standardOutput: item 1: wanted a value that JSON can hold \(.*BigInt.*\)/
  )
})

const noFullDevice = existsSync('/dev/full') ? false : 'there is no /dev/full here'

test('a full disk is one clear line', { skip: noFullDevice }, async () => {
  const { told } = start('endless', openSync('/dev/full', 'w'))
  strictEqual(await told, 'closed\nSinkError: standardOutput: not written, no space left on the disk\n')
})

test('its options are checked, and lines must be strings', async () => {
  throws(() => standardOutput({ format: 'xml' as 'lines' }), /^TypeError: standardOutput: format must be/)
  async function* numbers() {
    yield 1
  }
  await rejects(standardOutput({ format: 'lines' })(numbers()), {
    name: 'SinkError',
    message: 'standardOutput: item 0: wanted a string; got number, map it to one'
  })
  ok(process.stdout.listenerCount('error') < 5)
})
