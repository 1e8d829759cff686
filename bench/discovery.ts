// Usage: npm run bench -- discovery [--json] [--runs 7] [--write]
//
// How soon peers learn from each other: two processes start at the same moment, with new identities, find each other by mDNS
// and train one text. Each run is a swarm of its own.
//
//   seconds_to_first_delta  from the start of the processes to the first pack of the other that each has applied: the later
//                           of the two. Seen by asking both for their status each 10 ms, so up to 10 ms too much.
//
// Medians, and the longest.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { noteIn, statusOf } from '../src/cli/running-peer.ts'
import { type Corpus, writeCorpus } from './corpus.ts'
import { machine, root } from './machine.ts'
import { median } from './measure.ts'
import { markdownTable, openReport } from './report.ts'
import { writeSection } from './results.ts'

const LOOK_MS = 10
const PATIENCE_MS = 60_000

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '7' },
    write: { type: 'boolean', default: false }
  }
})
const loaded = machine()
const report = openReport(values.json)
const folder = mkdtempSync(join(tmpdir(), 'tensair-bench-'))
try {
  const corpus = await writeCorpus(folder)
  const what = `Two processes of one thread each, started together, on ${corpus.source}`
  report.say(what)
  const seconds: number[] = []
  for (let run = 0; run < Number(values.runs); run++) {
    const time = await firstDelta(corpus, `${process.pid}-${run}`)
    report.say(`  run ${run + 1}: ${time.toFixed(2)} s`)
    seconds.push(time)
  }
  const row = { bench: 'discovery', unit: 's', peers: 2, runs: seconds.length }
  report.add({ ...row, name: 'seconds_to_first_delta', value: median(seconds) })
  report.add({ ...row, name: 'seconds_to_first_delta_longest', value: Math.max(...seconds) })
  if (values.write) writeSection('discovery', loaded, [what, markdownTable(report.rows)])
} finally {
  rmSync(folder, { recursive: true, force: true })
}
report.close()

async function firstDelta({ path }: Corpus, swarm: string): Promise<number> {
  const end = new AbortController()
  const start = performance.now()
  const peers = [0, 1].map(number => {
    const output = join(folder, `${swarm}-${number}`)
    const job = ['start', 'word2vec', '--input', path, '--output', output, '--swarm', `bench-${swarm}`]
    const args = [join(root, 'src/cli/tensair.js'), ...job, '--device', 'wasm', '--threads', '1', '--json']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    const over = once(child, 'close')
    over.then(() => end.abort())
    return { child, over, state: join(output, 'peer') }
  })
  try {
    const times = peers.map(async ({ state }) => {
      while (!(await hasApplied(state))) {
        if (end.signal.aborted || performance.now() - start > PATIENCE_MS) {
          throw new Error(`discovery: a peer was to apply a pack of the other within ${PATIENCE_MS / 1000} s`)
        }
        await sleep(LOOK_MS)
      }
      return (performance.now() - start) / 1000
    })
    return Math.max(...(await Promise.all(times)))
  } finally {
    for (const { child } of peers) child.kill('SIGKILL')
    await Promise.all(peers.map(({ over }) => over))
  }
}

async function hasApplied(state: string): Promise<boolean> {
  const note = await noteIn(state)
  const status = note === undefined ? undefined : await statusOf(note)
  return (status?.framesApplied ?? 0) > 0
}
