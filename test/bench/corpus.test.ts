import { match, ok, strictEqual } from 'node:assert'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeCorpus } from '../../bench/corpus.ts'

test('a corpus holds lines of lower-case words, and as many as it says', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tensair-test-'))
  try {
    const corpus = await writeCorpus(folder, { words: 3000 }, 'demo')
    const text = readFileSync(corpus.path, 'utf8')
    const lines = text.trimEnd().split('\n')
    for (const line of lines) match(line, /^[a-z']+( [a-z']+)*$/)
    strictEqual(lines.length, corpus.lines)
    strictEqual(text.trimEnd().split(/[ \n]/).length, corpus.words)
    ok(corpus.words >= 3000)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
