import { match, ok } from 'node:assert'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { folder } from './cli/tensair.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

test("README's program has under ten lines and does what it says", t => {
  const [, program = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
  ok(program.trim().split('\n').length < 10)
  const place = folder(t)
  // Installed as a user would have it, but from the sources.
  mkdirSync(join(place, 'node_modules'))
  symlinkSync(root, join(place, 'node_modules', 'tensair'))
  writeFileSync(join(place, 'program.mts'), program)
  writeFileSync(
    join(place, 'corpus.txt'),
    'cold water runs down the hill and warm water stays\n'.repeat(2000)
  )

  const output = execFileSync(process.execPath, ['--conditions=tensair-source', 'program.mts'], {
    cwd: place,
    encoding: 'utf8'
  })

  // Five neighbours: objects with a word and a score.
  match(output, /^\[(\s*\{ word: '\w+', score: -?[\d.e-]+ \},?){5}\s*\]\n$/)
})
