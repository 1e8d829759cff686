import { ok } from 'node:assert'
import { test } from 'node:test'
import type { Recording } from '../../bench/scaleout-packs.ts'
import { runSwarm } from '../../bench/scaleout-swarm.ts'
import { numberNames } from '../net/row-names.ts'

const DIM = 4
const ROWS = 64

/** Packs that each change every row of one table. */
function recordingOf(handouts: number): Recording {
  const delta = (n: number) => [
    {
      dim: DIM,
      rows: Uint32Array.from({ length: ROWS }, (_, row) => row),
      shifts: new Uint8Array(ROWS).fill(n % 3),
      values: Int8Array.from({ length: ROWS * DIM }, (_, i) => ((i * 31 + n * 7) % 255) - 127),
      accumulators: new Int32Array(ROWS).fill(1),
      counts: new Uint32Array(ROWS).fill(1)
    }
  ]
  const packs = Array.from({ length: handouts }, (_, n) => [{ words: 1000, delta: delta(n) }])
  return {
    lengths: [{ words: 1000, handouts: packs }],
    tables: [{ name: 'table', dim: DIM, unit: 2 ** -20, capacity: ROWS }],
    names: numberNames(ROWS),
    packMs: 1e-4,
    applyMs: 1e-4
  }
}

test('simulated peers come to the same state, and the packs that come to each do not grow with their number', () => {
  const run = (peers: number, rowMs: number) => {
    const recording = { ...recordingOf(5), packMs: rowMs, applyMs: rowMs }
    return runSwarm(recording, { peers, latency: 5, speed: 1e5, warmup: 20, seconds: 60 })
  }
  // A pack and its application take 10 ms each: packing and applying would take 2 s of 4 peers each 1 s.
  const [few, many] = [run(4, 10 / ROWS), run(16, 10 / ROWS)]
  ok(many.depth > 1 && many.inner > 1)
  ok(
    Math.abs(many.frames.mean / few.frames.mean - 1) < 0.25,
    `${many.frames.mean} and ${few.frames.mean} frames`
  )
  ok(many.exchanges.least > 0.8 * many.exchanges.mean)
  ok(few.staleness < many.staleness)
  // Where it costs nothing, all pack after as many words.
  const free = run(16, 1e-4)
  ok(Math.abs(free.frames.mean - 15) < 1, `${free.frames.mean} frames for 15 peers`)
})
