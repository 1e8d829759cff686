import { deepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import type { JobEvent } from '../../src/jobs/events.ts'
import { RunLog } from '../../src/jobs/run-log.ts'
import type { Word2Vec } from '../../src/models/word2vec-replica.ts'
import { handMadeSwarm, status } from './hand-made-swarm.ts'

// All that the log asks of a model.
const model = {
  counts: { words: 100, vocabulary: 10, full: false, refused: 0, repaired: 0, batches: 1 }
} as unknown as Word2Vec
const progress = { words: 100, loss: 2.5, position: undefined }

function logged(swarm?: Parameters<typeof handMadeSwarm>[0]) {
  const told: JobEvent[] = []
  const tell = (event: JobEvent) => void told.push(event)
  const log = new RunLog(model, 'cpu', performance.now(), tell, swarm && handMadeSwarm(swarm))
  return { log, told }
}

test('in a swarm, progress tells of it, after who joined', () => {
  const { log, told } = logged(() => status)
  log.progress(progress)
  deepStrictEqual(
    told.map(event => event.event),
    ['peer-joined', 'peer-joined', 'progress']
  )
  const [, , last] = told
  strictEqual(last?.event === 'progress' && last.swarm?.peers, 3)
})

test('without a swarm, progress and end say nothing of one', () => {
  const { log, told } = logged()
  log.progress(progress)
  strictEqual(told.length, 1)
  strictEqual('swarm' in (told[0] ?? {}), false)
  strictEqual('sharedHash' in log.end('done', 2.5), false)
})

test('the end has the hash of what is shared', () => {
  const { log } = logged(() => status)
  strictEqual(log.end('done', 2.5, 'cafe').sharedHash, 'cafe')
})
