import { match, ok, strictEqual } from 'node:assert'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { linesOf, topicText } from '../corpus.ts'
import { events, folder, launcher, type Outcome, start, tensair } from './tensair.ts'

const place = folder({ after })
const text = topicText(6000)
const words = 60_000
const corpus = file('corpus.txt', text)
// Small and on one thread: equal runs give equal bits.
const small = ['--device', 'wasm', '--threads', '1', '--dim', '16', '--json']

function file(name: string, content: string | Uint8Array): string {
  const path = join(place, name)
  writeFileSync(path, content)
  return path
}

function train(input: string, output: string, ...more: string[]): Promise<Outcome> {
  return tensair(['start', 'word2vec', '--input', input, '--output', join(place, output), ...small, ...more])
}

/** The digest of a model's tensors. */
function digest(output: string): string {
  const name = readdirSync(join(place, output)).find(name => name.endsWith('.safetensors')) ?? ''
  return createHash('sha256')
    .update(readFileSync(join(place, output, name)))
    .digest('hex')
}

/** Says that the command was refused: one line on standard error that names the cause, no stack. */
function failed({ code, stderr }: Outcome, expected: number, message: RegExp): void {
  strictEqual(code, expected, stderr)
  strictEqual(linesOf(stderr).length, 1, stderr)
  match(stderr, message)
}

test('--json writes one object a line, from started to done', async () => {
  const { code, stdout, stderr } = await train(corpus, 'json')
  const told = events(stdout)

  strictEqual(code, 0, stderr)
  strictEqual(told[0]?.event, 'started')
  const end = told.at(-1)
  strictEqual(end?.event, 'done')
  strictEqual(end.words, words)
  strictEqual(end.vocabulary, 90)
  ok(Number(end.loss) > 0 && Number(end.loss) < 4.2, `loss ${end.loss}`)
})

test('without --json the messages go to standard error and nothing to standard output', async () => {
  const args = ['start', 'word2vec', '--input', corpus, '--output', join(place, 'plain'), ...small]
  const { code, stdout, stderr } = await tensair(args.filter(arg => arg !== '--json'))

  strictEqual(code, 0, stderr)
  strictEqual(stdout, '')
  match(stderr, /training on WASM[\s\S]*done: 60,000 words/)
})

test('a missing file is refused', async () => {
  failed(await train(join(place, 'nowhere.txt'), 'a'), 2, /no file .*nowhere\.txt/)
})

test('an empty file is refused', async () => {
  failed(await train(file('empty.txt', ''), 'b'), 2, /empty\.txt has no words/)
})

test('a binary file is refused', async () => {
  failed(
    await train(
      file(
        'noise.bin',
        Uint8Array.from({ length: 999 }, (_, i) => i)
      ),
      'c'
    ),
    2,
    /looks binary/
  )
})

test('a host that does not exist is refused', async () => {
  failed(
    await train('http://no-such-host.invalid/text', 'd'),
    2,
    /no answer from http:\/\/no-such-host\.invalid\/text/
  )
})

test('an archive that breaks off ends in code 1, and what came before is saved', async () => {
  const packed = gzipSync(topicText(60_000), { level: 1 })
  const broken = file('broken.txt.gz', packed.subarray(0, packed.length - 100))
  const { code, stdout, stderr } = await train(broken, 'broken')

  strictEqual(code, 1, stderr)
  match(stderr, /broken\.txt\.gz/)
  strictEqual(linesOf(stderr).length, 1, stderr)
  ok(events(stdout).some(({ event }) => event === 'checkpoint'))
  strictEqual((await tensair(['nearest', 'rivera', '--model', join(place, 'broken')])).code, 0)
})

test('a model is not replaced unless that is asked for', async () => {
  await train(corpus, 'kept')
  const before = digest('kept')

  failed(await train(corpus, 'kept'), 2, /there is a model in .*--resume.*--overwrite/)
  strictEqual(digest('kept'), before)
  strictEqual((await train(corpus, 'kept', '--overwrite', '--seed', '2')).code, 0)
  ok(digest('kept') !== before)
})

test('--resume refuses another dim, and where there is no model', async () => {
  await train(corpus, 'sixteen')

  failed(await train(corpus, 'sixteen', '--resume', '--dim', '32'), 2, /dim 16, not 32/)
  failed(await train(corpus, 'nothing', '--resume'), 2, /--resume found no model/)
})

test('--resume refuses a damaged checkpoint, and leaves it as it is', async () => {
  await train(corpus, 'damaged')
  const name = readdirSync(join(place, 'damaged')).find(name => name.endsWith('.safetensors')) ?? ''
  const bytes = readFileSync(join(place, 'damaged', name))
  bytes[bytes.length >> 1] ^= 1
  writeFileSync(join(place, 'damaged', name), bytes)

  failed(await train(corpus, 'damaged', '--resume'), 2, /damaged/)
  ok(readFileSync(join(place, 'damaged', name)).equals(bytes))
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} saves and ends with 130; --resume goes on exactly where it stopped`, async () => {
    const [first, second] = [topicText(3000, 1), topicText(3000, 2)]
    const args = (output: string) => [
      'start',
      'word2vec',
      '--input',
      '-',
      '--output',
      join(place, output),
      ...small
    ]
    await tensair(args(`${signal}-whole`), first + second)

    const interrupted = start(args(signal))
    interrupted.write(first)
    await interrupted.event('started')
    interrupted.kill(signal)
    const outcome = await interrupted.outcome
    const end = events(outcome.stdout).at(-1)
    strictEqual(outcome.code, 130, outcome.stderr)
    strictEqual(end?.event, 'interrupted')

    // What had been read by then depends on how the pipe was filled; the rest is what was not.
    const rest = linesOf(first)
      .slice(Number(end.words) / 10)
      .join('\n')
    const resumed = await tensair([...args(signal), '--resume'], `${rest}\n${second}`)
    strictEqual(resumed.code, 0, resumed.stderr)
    strictEqual(events(resumed.stdout).at(-1)?.words, words)
    strictEqual(digest(signal), digest(`${signal}-whole`))
  })
}

test('--words ends the run, and --resume reads on from there', async () => {
  const long = file('long.txt', topicText(12_000))
  const first = await train(long, 'words', '--words', '10')
  const read = Number(events(first.stdout).at(-1)?.words)
  const second = await train(long, 'words', '--resume')

  strictEqual(first.code, 0)
  ok(read < 120_000, `${read} words`)
  strictEqual(events(second.stdout).at(-1)?.words, 120_000)
})

test('a disk that is full at the end ends in one line and code 1, and the model saved before is intact', async () => {
  await train(corpus, 'full')
  const before = digest('full')
  // A limit on the size of files, in KiB, stands in for a disk without room.
  const limited = ['bash', '-c', 'ulimit -f 40 && exec "$@"', 'bash', process.execPath, launcher]
  const args = [
    'start',
    'word2vec',
    '--input',
    corpus,
    '--output',
    join(place, 'full'),
    ...small,
    '--overwrite'
  ]
  const { code, stderr } = await start(args, limited).outcome

  strictEqual(code, 1, stderr)
  strictEqual(linesOf(stderr).length, 1, stderr)
  match(stderr, /not written/)
  strictEqual(digest('full'), before)
})
