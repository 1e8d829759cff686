import { deepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { mergeEnds, mergeProgress } from '../../src/cli/demo-progress.ts'
import type { EndEvent, ProgressEvent, SwarmProgress } from '../../src/jobs/events.ts'

const swarm: SwarmProgress = {
  peers: 2,
  bytesInPerSecond: 100,
  bytesOutPerSecond: 200,
  bytesIn: 1000,
  bytesOut: 2000,
  stalenessMean: 40,
  stalenessMax: 90,
  applyShare: 0.1
}
const progress: ProgressEvent = {
  event: 'progress',
  words: 300,
  wordsPerSecond: 30,
  loss: 2,
  vocabulary: 7,
  share: 0.5,
  secondsLeft: 4,
  swarm
}
const end: EndEvent = {
  event: 'done',
  words: 600,
  runWords: 600,
  seconds: 6,
  wordsPerSecond: 100,
  loss: 2,
  vocabulary: 7,
  sharedHash: 'cafe',
  swarm: { bytesIn: 10, bytesOut: 20 }
}

test('words and rates of two peers add up, the loss counts by words, the slower says what is left', () => {
  const other = {
    ...progress,
    words: 100,
    wordsPerSecond: 10,
    loss: 4,
    vocabulary: 9,
    share: 0.3,
    secondsLeft: 8,
    swarm: { ...swarm, stalenessMean: 60, stalenessMax: 200, applyShare: 0.3 }
  }
  deepStrictEqual(mergeProgress([progress, other]), {
    event: 'progress',
    words: 400,
    wordsPerSecond: 40,
    loss: 2.5,
    vocabulary: 9,
    share: 0.4,
    secondsLeft: 8,
    swarm: {
      peers: 2,
      bytesInPerSecond: 200,
      bytesOutPerSecond: 400,
      bytesIn: 2000,
      bytesOut: 4000,
      stalenessMean: 50,
      stalenessMax: 200,
      applyShare: 0.2
    }
  })
})

test('of one peer, the progress is that peer’s', () => {
  deepStrictEqual(mergeProgress([progress]), progress)
})

test('a peer that has measured nothing yet does not count for what is a mean', () => {
  const { loss, share, secondsLeft, ...fresh } = progress
  const silent = { ...swarm, stalenessMean: 0, stalenessMax: 0 }
  const merged = mergeProgress([progress, { ...fresh, words: 0, wordsPerSecond: 0, swarm: silent }])
  strictEqual(merged.loss, 2)
  strictEqual(merged.share, 0.5)
  strictEqual(merged.swarm?.stalenessMean, 40)
})

test('where nothing is trained any more, the losses count the same', () => {
  const still = { ...progress, wordsPerSecond: 0 }
  strictEqual(mergeProgress([still, { ...still, loss: 4 }]).loss, 3)
})

test('the end of two peers has their words together, in the time of the slower, and the hash if it is one', () => {
  const other: EndEvent = { ...end, runWords: 200, words: 200, seconds: 8, loss: 4 }
  deepStrictEqual(mergeEnds([end, other]), {
    event: 'done',
    words: 800,
    runWords: 800,
    seconds: 8,
    wordsPerSecond: 100,
    loss: 2.5,
    vocabulary: 7,
    sharedHash: 'cafe',
    swarm: { bytesIn: 20, bytesOut: 40 }
  })
  strictEqual(mergeEnds([end, { ...other, sharedHash: 'beef' }]).sharedHash, undefined)
  strictEqual(mergeEnds([end, { ...other, event: 'interrupted' }]).event, 'interrupted')
})
