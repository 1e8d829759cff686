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
  return {
    handouts: Array.from({ length: handouts }, (_, n) => ({
      words: 1000,
      packs: [{ words: 1000, delta: delta(n) }]
    })),
    tables: [{ name: 'table', dim: DIM, unit: 2 ** -20, capacity: ROWS }],
    names: numberNames(ROWS),
    applyMs: 1e-4
  }
}

test('simulated peers come to the same state, and with a limit what they send does not grow with their number', () => {
  const recording = recordingOf(5)
  const run = (peers: number, trafficLimit: number) =>
    runSwarm(recording, { peers, latency: 5, speed: 1000, warmup: 20, seconds: 20, trafficLimit })
  const [few, many] = [run(4, 10), run(16, 10)]
  const free = run(16, Infinity)
  ok(many.depth > 1 && many.inner > 1)
  ok(Math.abs(many.packs - 1) < 0.1, `${many.packs} packs a second`)
  ok(
    many.frames.mean < few.frames.mean * 1.3,
    `${many.frames.mean} frames, with fewer peers ${few.frames.mean}`
  )
  ok(Math.abs(free.frames.mean - 15) < 1, `without a limit ${free.frames.mean} frames for 15 peers`)
  ok(few.staleness < many.staleness && free.staleness < many.staleness)
})
