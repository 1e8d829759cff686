import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, type TestContext, test } from 'node:test'
import type { Tensor } from '@tensorflow/tfjs-core'
import { encode } from 'fast-png'
import { openTensorflow } from '../../kernels/tensorflow.ts'
import { expectedOf, FOLDER, numbered } from '../models/saved/expected.ts'
import { folder, launcher, tensair } from './tensair.ts'

const place = folder({ after })

/** `tensair serve` on a free port, with the line it has printed; `end` interrupts it. */
async function serve(t: TestContext, ...args: string[]) {
  const child = spawn(process.execPath, [launcher, 'serve', '--port', '0', '--threads', '1', ...args])
  t.after(() => child.kill('SIGKILL'))
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const lines = createInterface(child.stdout)
  const [line] = (await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [stderr])])) as [
    string
  ]
  return {
    line,
    url: /http:\S+(?=\/predict$)/.exec(line)?.[0] ?? '',
    async end() {
      child.kill('SIGINT')
      const [code] = await once(child, 'close')
      return { code, stderr }
    }
  }
}

await openTensorflow({ threads: 1 })
const want = await expectedOf('keras2/convolutions')
const [x, y] = [numbered(want, 'input')[0], numbered(want, 'prediction')[0]] as [Tensor, Tensor]
const [inputs, predictions] = [x.arraySync() as unknown[], y.arraySync() as number[][]]

function post(url: string, body: BodyInit, type = 'application/json'): Promise<Response> {
  return fetch(`${url}/predict`, { method: 'POST', body, headers: { 'content-type': type } })
}

for (const [kind, path] of [
  ['a layers model', 'keras2/convolutions.h5'],
  ['a graph model in a folder', 'tfjs/graph']
] as const) {
  test(`${kind} is served as Keras predicts, and Ctrl-C ends it`, async t => {
    const { line, url, end } = await serve(t, '--model', `${FOLDER}/${path}`, '--classes', 'a, b,c')
    match(line, /^serving \S+, \[8, 8, 3\] → \[3\], at http:\/\/127\.0\.0\.1:\d+\/predict$/)
    const json = await (await post(url, JSON.stringify({ inputs }))).json()
    const floats = Float32Array.from(inputs.flat(3) as number[])
    const bytes = await (await post(url, floats, 'application/octet-stream')).json()
    deepStrictEqual(bytes, json)
    const { outputs, classes, version } = json as { outputs: number[][]; classes: string[]; version: number }
    strictEqual(outputs.length, predictions.length)
    for (const [i, wanted] of predictions.entries()) {
      for (const [j, value] of wanted.entries()) ok(Math.abs((outputs[i]?.[j] ?? Number.NaN) - value) < 1e-5)
      strictEqual(classes[i], 'abc'[wanted.indexOf(Math.max(...wanted))])
    }
    strictEqual(version, 0)

    strictEqual((await post(url, '{"inputs":[[1]]}')).status, 422)
    const grey = Uint8Array.from(
      encode({ width: 8, height: 8, channels: 1, data: new Uint8Array(64).fill(51) })
    )
    const shown = await (await post(url, grey, 'image/png')).json()
    const same = await (await post(url, JSON.stringify({ inputs: [Array(192).fill(0.2)] }))).json()
    deepStrictEqual(shown, same)
    const metrics = await (await fetch(`${url}/metrics`)).text()
    for (const wanted of [
      'tensair_predict_requests_total{status="200"} 4',
      'tensair_predict_requests_total{status="422"} 1',
      'tensair_predict_seconds_count 4',
      'tensair_predict_batch_inputs_count 4',
      `tensair_predict_batch_inputs_sum ${2 * inputs.length + 2}`,
      'tensair_predict_waiting_inputs 0'
    ])
      ok(metrics.includes(`\n${wanted}\n`), `${wanted} in ${metrics}`)
    for (const [, name] of metrics.matchAll(/^# TYPE (\w+)/gm))
      match(metrics, new RegExp(`^# HELP ${name} \\S`, 'm'))

    const { code, stderr } = await end()
    strictEqual(code, 0, stderr)
    // TensorFlow.js has warnings of its own.
    match(stderr, /^ending; what has come is answered\n$/)
  })
}

test('what cannot be served is refused in one line', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  t.after(() => taken.close())
  await once(taken, 'listening')
  const { port } = taken.address() as { port: number }
  const torn = join(place, 'torn')
  mkdirSync(torn)
  cpSync(`${FOLDER}/tfjs/nested`, torn, { recursive: true })
  rmSync(join(torn, 'group1-shard1of1.bin'))
  const dense = `${FOLDER}/keras2/dense.h5`
  for (const [args, message] of [
    [
      ['--model', place],
      /serve: --model \S+: neither a model\.json nor a folder with one, nor a \.keras or \.h5 file/
    ],
    [['--model', join(place, 'none.keras')], /serve: --model \S+none\.keras: neither a model\.json/],
    [['--model', torn], /model\.json: there is no file group1-shard1of1\.bin/],
    [
      ['--model', `${FOLDER}/keras3/unknown.keras`],
      /unknown\.keras: layer "group_norm" is a GroupNormalization/
    ],
    [
      ['--model', `${FOLDER}/keras3/two_sided.keras`],
      /two_sided\.keras: the network must have one input; got 2/
    ],
    [
      ['--model', dense, '--classes', 'a,b'],
      /serve: classes must be as many as an output's values, \d+; got 2/
    ],
    [['--model', dense, '--port', String(port)], /serve: 127\.0\.0\.1:\d+ cannot be had .*give another port/],
    [['--port', '0'], /serve: --model \.tensair\/images: neither/],
    [['--model', dense, '--port', 'http'], /whole number, from 0 to 65535/]
  ] as const) {
    const { code, stdout, stderr } = await tensair(['serve', '--threads', '1', ...args])
    deepStrictEqual([code, stdout, stderr.split('\n').length], [2, '', 2], stderr)
    match(stderr, message)
  }
})
