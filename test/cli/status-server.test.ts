import { deepStrictEqual, doesNotMatch, match, ok, rejects, strictEqual } from 'node:assert'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openStatusServer } from '../../src/cli/status-server.ts'
import { handMadeSwarm, status } from '../jobs/hand-made-swarm.ts'
import { folder } from './tensair.ts'

const place = folder({ after })
const swarm = handMadeSwarm(() => status)

test('the status is what the swarm says', async () => {
  const server = await openStatusServer({ swarm, state: join(place, 'status') })
  match(server.address, /^http:\/\/127\.0\.0\.1:\d+$/)
  const answer = await fetch(`${server.address}/status`)
  strictEqual(answer.headers.get('content-type'), 'application/json')
  deepStrictEqual(await answer.json(), status)
  await server.close()
})

test('the metrics are Prometheus text, with help, of the swarm and of what the job told', async () => {
  const server = await openStatusServer({ swarm, state: join(place, 'metrics') })
  server.tell({ event: 'progress', words: 500, wordsPerSecond: 70, loss: 2.5, vocabulary: 30 })
  server.tell({ event: 'warning', message: 'nothing to count' })
  // A loss that was not measured leaves the last one.
  server.tell({ event: 'progress', words: 600, wordsPerSecond: 80, vocabulary: 30 })
  const answer = await fetch(`${server.address}/metrics`)
  match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  const text = await answer.text()
  for (const line of [
    'tensair_received_bytes_total 10000000',
    'tensair_sent_bytes_total 5000000',
    'tensair_channel_received_bytes_total 8000000',
    'tensair_channel_sent_bytes_total 50000',
    'tensair_channel_links 1',
    'tensair_channel_waiting_bytes 65536',
    'tensair_packs_total 7',
    'tensair_frames_applied_total 11',
    'tensair_peers 3',
    'tensair_links 2',
    'tensair_root 0',
    'tensair_staleness_mean_seconds 0.12',
    'tensair_staleness_max_seconds 0.3',
    'tensair_apply_share 0.042',
    'tensair_rejected_total{kind="oversize"} 2',
    'tensair_rejected_total{kind="bad \\"rows\\""} 1',
    'tensair_words_total 600',
    'tensair_words_per_second 80',
    'tensair_loss 2.5',
    'tensair_vocabulary 30'
  ]) {
    ok(text.includes(`\n${line}\n`), `${line} in ${text}`)
  }
  match(text, /^tensair_event_loop_delay_p99_seconds \d/m)
  const names = [...text.matchAll(/^(tensair_\w+)/gm)].map(([, name]) => name)
  for (const name of names) match(text, new RegExp(`^# HELP ${name} \\S`, 'm'))
  // Read again, totals are the same and not twice as much.
  const again = await (await fetch(`${server.address}/metrics`)).text()
  match(again, /^tensair_packs_total 7$/m)
  await server.close()
})

test('other pages and methods are refused, and a status that fails does not end the server', async () => {
  let broken = true
  const unsteady = {
    peer: status.peer,
    status() {
      if (broken) throw new Error('no status now')
      return status
    }
  }
  const server = await openStatusServer({ swarm: unsteady, state: join(place, 'pages') })
  strictEqual((await fetch(`${server.address}/`)).status, 404)
  strictEqual((await fetch(`${server.address}/status`, { method: 'POST' })).status, 405)
  strictEqual((await fetch(`${server.address}/status`)).status, 500)
  broken = false
  strictEqual((await fetch(`${server.address}/status?pretty`)).status, 200)
  await server.close()
})

test('the address is noted in the state folder until the server closes', async () => {
  const state = join(place, 'noted')
  const server = await openStatusServer({ swarm, state })
  const note = join(state, 'status.json')
  deepStrictEqual(JSON.parse(readFileSync(note, 'utf8')), {
    address: server.address,
    peer: status.peer,
    process: process.pid
  })
  await server.close()
  strictEqual(existsSync(note), false)
  await rejects(fetch(`${server.address}/status`))
})

test('a server that is left open holds no process, and its note goes with the process', () => {
  const state = join(place, 'left')
  const module = new URL('../../src/cli/status-server.ts', import.meta.url)
  const program = `
    import { existsSync } from 'node:fs'
    import { openStatusServer } from ${JSON.stringify(module)}
    const swarm = { peer: 'me', status: () => ({}) }
    await openStatusServer({ swarm, state: ${JSON.stringify(state)} })
    console.log(existsSync(${JSON.stringify(join(state, 'status.json'))}))`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  strictEqual(output, 'true\n')
  strictEqual(existsSync(join(state, 'status.json')), false)
})

test('the note of another peer stays', async () => {
  const state = join(place, 'taken')
  const server = await openStatusServer({ swarm, state })
  writeFileSync(join(state, 'status.json'), '{"address":"http://127.0.0.1:1"}')
  await server.close()
  strictEqual(existsSync(join(state, 'status.json')), true)
})

test('a port that is taken is refused in one line', async () => {
  const first = await openStatusServer({ swarm, state: join(place, 'first') })
  const port = Number(new URL(first.address).port)
  await rejects(openStatusServer({ swarm, state: join(place, 'second'), port }), error => {
    ok(error instanceof Error)
    strictEqual(error.name, 'UsageError')
    match(
      error.message,
      new RegExp(`^start: --metrics: 127\\.0\\.0\\.1:${port} cannot be had \\(.*\\); give another port$`)
    )
    doesNotMatch(error.message, /\n/)
    return true
  })
  strictEqual(existsSync(join(place, 'second')), false)
  await first.close()
})

test('a server on every interface is noted by its address on the loopback', async () => {
  const server = await openStatusServer({ swarm, state: join(place, 'everywhere'), host: '0.0.0.0' })
  match(server.address, /^http:\/\/127\.0\.0\.1:\d+$/)
  strictEqual((await fetch(`${server.address}/status`)).status, 200)
  await server.close()
})
