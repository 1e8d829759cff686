import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { linesOf, topicText } from '../corpus.ts'
import { folder, tensair } from './tensair.ts'

const place = folder({ after })
const model = join(place, 'model')

before(async () => {
  const args = ['--output', model, '--device', 'wasm', '--threads', '1', '--dim', '16']
  const { code, stderr } = await tensair(['start', 'word2vec', ...args], topicText(20_000))
  strictEqual(code, 0, stderr)
})

test('nearest prints the words of the same topic, best first', async () => {
  const { code, stdout } = await tensair(['nearest', 'rivera', '--model', model, '-k', '5'])
  const rows = linesOf(stdout).map(line => line.split('\t'))
  const scores = rows.map(([, score]) => Number(score))

  strictEqual(code, 0)
  strictEqual(rows.length, 5)
  for (const [word] of rows) match(String(word), /^river[b-t]$/)
  deepStrictEqual(
    scores,
    scores.toSorted((a, b) => b - a)
  )
})

test('analogy leaves out the words of its question', async () => {
  const { code, stdout } = await tensair(['analogy', 'rivera', 'riverb', 'marketa', '--model', model])
  const words = linesOf(stdout).map(line => line.split('\t')[0])

  strictEqual(code, 0)
  strictEqual(words.length, 10)
  for (const word of ['rivera', 'riverb', 'marketa']) ok(!words.includes(word))
})

test('a word that is not known is refused in one line', async () => {
  const { code, stdout, stderr } = await tensair(['nearest', 'volcano', '--model', model])

  strictEqual(code, 2)
  strictEqual(stdout, '')
  match(stderr, /^tensair: "volcano" is not among the 90 words known[^\n]*\n$/)
})

test('a folder without a model is refused in one line', async () => {
  const { code, stderr } = await tensair(['nearest', 'rivera', '--model', place])

  strictEqual(code, 2)
  match(stderr, /^tensair: no checkpoint in [^\n]*\n$/)
})

test('eval gives a row for each set, and counts what is unknown', async () => {
  const sets = join(place, 'sets')
  mkdirSync(sets)
  writeFileSync(
    join(sets, 'pairs.txt'),
    'rivera riverb 9\nrivera marketa 1\nenginea engineb 8\nenginea gardena 2\nrivera volcano 5\n'
  )
  writeFileSync(
    join(sets, 'questions.txt'),
    ': gram1\nrivera riverb marketa marketb\n: other\nrivera volcano marketa marketb\n'
  )
  const { code, stdout } = await tensair(['eval', '--model', model, '--wordsets', sets])

  strictEqual(code, 0)
  match(stdout, /^pairs +Spearman +0\.[5-9]\d* +4 +1$/m)
  match(stdout, /^questions +syntactic, correct .* 1 +1$/m)
})

test('eval refuses a folder that is not there, and a file that is something else', async () => {
  const odd = join(place, 'odd')
  mkdirSync(odd)
  writeFileSync(join(odd, 'prose.txt'), 'once upon a time\n')
  const missing = await tensair(['eval', '--model', model, '--wordsets', join(place, 'none')])
  const other = await tensair(['eval', '--model', model, '--wordsets', odd])

  strictEqual(missing.code, 2)
  match(missing.stderr, /^tensair: eval: no folder [^\n]*\n$/)
  strictEqual(other.code, 2)
  match(other.stderr, /^tensair: eval: [^\n]*prose\.txt[^\n]*line 1[^\n]*\n$/)
})

test('export writes each format', async () => {
  const write = async (format: string, output: string) => {
    const { code, stderr } = await tensair([
      'export',
      '--model',
      model,
      '--format',
      format,
      '--output',
      join(place, output)
    ])
    strictEqual(code, 0, stderr)
    return join(place, output)
  }

  const text = linesOf(readFileSync(await write('text', 'v.txt'), 'utf8'))
  strictEqual(text[0], '90 16')
  strictEqual(text.length, 91)
  strictEqual(text[1]?.split(' ').length, 17)
  strictEqual(
    readFileSync(await write('binary', 'v.bin'))
      .subarray(0, 6)
      .toString(),
    '90 16\n'
  )
  ok(statSync(await write('safetensors', 'v.safetensors')).size > 90 * 16 * 4)
  const projector = await write('projector', 'projector')
  strictEqual(linesOf(readFileSync(join(projector, 'vectors.tsv'), 'utf8')).length, 90)
  strictEqual(linesOf(readFileSync(join(projector, 'metadata.tsv'), 'utf8')).length, 91)
})

test('exported vectors answer as the model they are of', async () => {
  const file = join(place, 'answering.bin')
  const { code, stderr } = await tensair(['export', '--model', model, '--format', 'binary', '--output', file])
  strictEqual(code, 0, stderr)
  const [exported, saved] = await Promise.all(
    [file, model].map(path => tensair(['nearest', 'rivera', '--model', path]))
  )
  strictEqual(exported?.code, 0, exported?.stderr)
  strictEqual(exported?.stdout, saved?.stdout)
})

test('a file that holds no vectors is refused in one line', async () => {
  const file = join(place, 'tale.txt')
  writeFileSync(file, 'once upon a time\n')
  const { code, stderr } = await tensair(['nearest', 'rivera', '--model', file])

  strictEqual(code, 2)
  match(stderr, /^tensair: [^\n]*tale\.txt: no word vectors; [^\n]*\n$/)
})
