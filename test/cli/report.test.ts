import { deepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { eventLines, progressLine } from '../../src/cli/report.ts'
import type { EndEvent, ProgressEvent, SwarmProgress } from '../../src/jobs/events.ts'
import type { FlowProgressEvent } from '../../src/jobs/flow-events.ts'

const progress: ProgressEvent = {
  event: 'progress',
  words: 2_000_000,
  wordsPerSecond: 150_000,
  vocabulary: 9
}
const swarm: SwarmProgress = {
  peers: 3,
  bytesInPerSecond: 1_234_000,
  bytesOutPerSecond: 800,
  bytesIn: 1e9,
  bytesOut: 1e9,
  stalenessMean: 120.4,
  stalenessMax: 300,
  applyShare: 0.042
}

test('the progress line shows the swarm behind the training', () => {
  strictEqual(
    progressLine({ ...progress, swarm }),
    '2.00 M words · 150 k words/s · vocabulary 9 · 3 peers · ↓1.2 MB/s ↑800 B/s · stale 120 ms (max 300) · apply 4 %'
  )
})

test('a peer that is alone in its swarm is shown as one peer, without rates', () => {
  strictEqual(
    progressLine({ ...progress, swarm: { ...swarm, peers: 1 } }),
    '2.00 M words · 150 k words/s · vocabulary 9 · 1 peer'
  )
})

test('without a swarm the progress line says nothing of one', () => {
  strictEqual(progressLine(progress), '2.00 M words · 150 k words/s · vocabulary 9')
})

test('peers that come and go have a line each, and the end says what is shared', () => {
  deepStrictEqual(eventLines({ event: 'peer-joined', peer: '12D3KooWabcdefgh' }), ['peer abcdefgh joined'])
  deepStrictEqual(eventLines({ event: 'peer-left', peer: '12D3KooWabcdefgh' }), ['peer abcdefgh left'])
  const end: EndEvent = { event: 'done', words: 1, runWords: 1, seconds: 1, wordsPerSecond: 1, vocabulary: 1 }
  deepStrictEqual(eventLines({ ...end, sharedHash: 'cafe' }), ['shared model cafe'])
  deepStrictEqual(eventLines(end), [])
})

test('a flow is shown by its items, and its swarm as that of any job', () => {
  const flow: FlowProgressEvent = { event: 'progress', items: 1234, itemsPerSecond: 56.7 }
  strictEqual(progressLine(flow), '1,234 items · 57 items/s')
  strictEqual(progressLine({ ...flow, swarm: { ...swarm, peers: 1 } }), '1,234 items · 57 items/s · 1 peer')
  deepStrictEqual(eventLines({ event: 'started', job: 'mine', seconds: 1 }), ['running mine'])
  deepStrictEqual(eventLines({ event: 'waiting', items: 7, seconds: 1 }), [
    'the flow is over, 7 items; waiting for the other peers (Ctrl-C ends)'
  ])
})
