// The load of images-serving, in a process of its own: says `ready`, waits to be told to go, and says what became of it.

import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { digits } from './images-digits.ts'

export interface Load {
  /** Where to post. */
  readonly url: string
  /** Requests a second. */
  readonly rate: number
  readonly connections: number
  readonly seconds: number
}

export interface LoadResult {
  readonly sent: number
  readonly failed: number
  /** The first few, for people. */
  readonly failures: readonly string[]
  /** Milliseconds from when a request was due to the end of its answer. */
  readonly p50: number
  readonly p99: number
  readonly greatest: number
  /** Share of the answers of the last fifth whose greatest output is the digit. */
  readonly accuracy: number
  readonly firstVersion: number
  readonly lastVersion: number
}

interface Answer {
  readonly outputs: readonly (readonly number[])[]
  readonly version: number
}

const TIMEOUT_MS = 10_000
const { url, rate, connections, seconds }: Load = JSON.parse(process.argv[2] ?? '')
const { test } = digits(1)
const bodies = Array.from(test, ({ input }) => {
  const pixels = Array.from(input, value => Math.round(value * 1000) / 1000)
  return Buffer.from(JSON.stringify({ inputs: [pixels] }))
})
const agent = new Agent({ keepAlive: true, maxSockets: connections })

process.send?.('ready')
await once(process, 'message')

const start = performance.now()
const count = Math.floor(rate * seconds)
const latencies: number[] = []
const failures: string[] = []
const versions: number[] = []
let [failed, late, right] = [0, 0, 0]
const asked: Promise<void>[] = []
for (let i = 0; i < count; i++) {
  const due = start + (i * 1000) / rate
  while (performance.now() < due)
    await new Promise(resolve => setTimeout(resolve, Math.max(0, due - performance.now())))
  asked.push(ask(i, due))
}
await Promise.all(asked)
agent.destroy()
latencies.sort((a, b) => a - b)
const at = (share: number) => latencies[Math.ceil(share * latencies.length) - 1] ?? Number.NaN
const result: LoadResult = {
  sent: count,
  failed,
  failures: failures.slice(0, 5),
  p50: at(0.5),
  p99: at(0.99),
  greatest: at(1),
  accuracy: right / late,
  firstVersion: Math.min(...versions.slice(0, connections)),
  lastVersion: Math.max(...versions.slice(-connections))
}
process.send?.(result)

/** One request and its answer; what fails is as late as the time it had. */
async function ask(i: number, due: number): Promise<void> {
  try {
    const answer = await post(bodies[i % bodies.length])
    const [output = []] = answer.outputs
    const sum = output.reduce((sum, value) => sum + value, 0)
    if (output.length !== 10 || Math.abs(sum - 1) > 1e-3) throw new Error(`no probabilities: ${output}`)
    versions.push(answer.version)
    if (i >= 0.8 * count) {
      late++
      if (output.indexOf(Math.max(...output)) === test.labels[i % bodies.length]) right++
    }
    latencies.push(performance.now() - due)
  } catch (error) {
    failed++
    failures.push(String(error))
    latencies.push(TIMEOUT_MS)
  }
}

function post(body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length }
    const asking = request(url, { method: 'POST', agent, headers, timeout: TIMEOUT_MS }, async response => {
      try {
        let text = ''
        for await (const part of response.setEncoding('utf8')) text += part
        if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${text}`)
        resolve(JSON.parse(text))
      } catch (error) {
        reject(error)
      }
    })
    asking.on('timeout', () => asking.destroy(new Error(`no answer for ${TIMEOUT_MS} ms`)))
    asking.on('error', reject)
    asking.end(body)
  })
}
