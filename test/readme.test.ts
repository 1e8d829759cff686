import { match, ok, strictEqual } from 'node:assert'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { folder, tensair } from './cli/tensair.ts'
import { linesOf } from './corpus.ts'

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

test("README's job predicts what it says, and better the more it has read", async t => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const [, [, job = ''] = []] = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)]
  const place = folder(t)
  writeFileSync(join(place, 'rooms.ts'), job)
  const readings = Array.from({ length: 60_000 }, (_, i) => {
    const room = i % 3
    const heating = 5 + 5 * Math.sin(i / 5000 + room)
    return `${i * 100},${'abc'[room]},${heating},${15 + 2 * room + heating / 2 + Math.sin(i)}`
  })
  writeFileSync(join(place, 'rooms.csv'), `time,room,heating,temperature\n${readings.join('\n')}\n`)

  const { code, stdout, stderr } = await tensair([
    ...['start', join(place, 'rooms.ts')],
    ...['--input', join(place, 'rooms.csv')]
  ])

  strictEqual(code, 0, stderr)
  const losses = linesOf(stdout).map(line => JSON.parse(line).loss as number)
  strictEqual(losses.length, 300) // 100 minutes of 3 rooms
  const mean = (some: number[]) => some.reduce((sum, loss) => sum + loss, 0) / some.length
  ok(mean(losses.slice(-60)) < mean(losses.slice(0, 60)) / 4, JSON.stringify(losses))
})
