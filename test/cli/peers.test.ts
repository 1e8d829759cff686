import { deepStrictEqual, match, strictEqual } from 'node:assert'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { describeStatus } from '../../src/cli/peers.ts'
import { openStatusServer } from '../../src/cli/status-server.ts'
import { handMadeSwarm, status } from '../jobs/hand-made-swarm.ts'
import { folder, tensair } from './tensair.ts'

const place = folder({ after })
const swarm = handMadeSwarm(() => status)

test('a status reads as a table of links and one of members', () => {
  strictEqual(
    describeStatus(status, 1_700_000_065_000),
    `swarm news, peer 12D3KooWmyself02

link to   role        in     out        in       out  unacknowledged  waiting
────────  ──────  ──────  ──────  ────────  ────────  ──────────────  ───────
parent01  parent  5.0 MB  2.5 MB  1.0 MB/s  600 KB/s               2        3
achild03  child   5.0 MB  2.5 MB  200 KB/s  200 KB/s               2        3

items with  channels            in      out        in       out  waiting
──────────  ──────────────  ──────  ───────  ────────  ────────  ───────
achild03    by room, lines  7.0 MB  40.0 KB  300 KB/s  2.0 KB/s  65.5 KB

peer                     age   words  position  source    finished
───────────────  ───────────  ──────  ────────  ────────  ────────
parent01         17 min 45 s  1.23 M   42.0 MB  01234567  no
myself02 (this)    1 min 5 s  1.23 M       0 B  its own   no
achild03           1 min 5 s  1.23 M       0 B  its own   yes`
  )
})

test('a root without links reads so', () => {
  match(
    describeStatus({ ...status, root: true, links: [], channels: [] }, 0),
    /^swarm news, peer 12D3KooWmyself02, root\n\nno links\n\npeer /
  )
})

test('peers shows the status of the peer that runs, as a table and as JSON', async () => {
  const state = join(place, 'running')
  const server = await openStatusServer({ swarm, state })
  const shown = await tensair(['peers', '--state', state])
  strictEqual(shown.code, 0, shown.stderr)
  match(shown.stdout, /^swarm news, peer 12D3KooWmyself02\n/)
  match(shown.stdout, /^achild03 +child /m)

  const { stdout } = await tensair(['peers', '--state', state, '--json'])
  deepStrictEqual(JSON.parse(stdout), status)
  await server.close()
})

test('where no peer runs, peers says so', async () => {
  const { code, stdout, stderr } = await tensair(['peers', '--state', join(place, 'empty')])
  strictEqual(code, 2)
  strictEqual(stdout, '')
  match(stderr, /^tensair: peers: no peer runs with its state in .*empty; give --state FOLDER, or .*\n$/)
})

test('where a peer was killed, or another one is at its address, peers says that it is gone', async () => {
  const server = await openStatusServer({ swarm, state: join(place, 'other') })
  const state = join(place, 'killed')
  mkdirSync(state)
  const gone =
    /^tensair: peers: no peer runs with its state in .*killed \(that of process 4711 is gone\); .*\n$/
  for (const address of ['http://127.0.0.1:1', server.address]) {
    writeFileSync(join(state, 'status.json'), JSON.stringify({ address, peer: 'someone', process: 4711 }))
    const { code, stderr } = await tensair(['peers', '--state', state])
    strictEqual(code, 2)
    match(stderr, gone)
  }
  await server.close()
})
