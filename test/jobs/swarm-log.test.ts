import { deepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import type { JobEvent } from '../../src/jobs/events.ts'
import { SwarmLog } from '../../src/jobs/swarm-log.ts'
import type { SwarmStatus } from '../../src/types.ts'
import { handMadeSwarm, member, status } from './hand-made-swarm.ts'

test('progress has the rates of all links together, and the rest as the swarm says it', () => {
  const log = new SwarmLog(
    handMadeSwarm(() => status),
    () => {}
  )
  deepStrictEqual(log.progress(), {
    peers: 3,
    bytesInPerSecond: 1_200_000,
    bytesOutPerSecond: 800_000,
    bytesIn: 10_000_000,
    bytesOut: 5_000_000,
    stalenessMean: 120,
    stalenessMax: 300,
    applyShare: 0.042
  })
})

test('peers that come and go are told of once each, this one never', () => {
  let now: SwarmStatus = status
  const told: JobEvent[] = []
  const log = new SwarmLog(
    handMadeSwarm(() => now),
    event => told.push(event)
  )
  const takeTold = (members: string[]) => {
    now = { ...status, members: members.map(peer => member(peer)) }
    strictEqual(log.progress().peers, members.length)
    return told.splice(0)
  }
  deepStrictEqual(takeTold([status.peer]), [])
  deepStrictEqual(takeTold(['a', status.peer, 'b']), [
    { event: 'peer-joined', peer: 'a' },
    { event: 'peer-joined', peer: 'b' }
  ])
  deepStrictEqual(takeTold(['b', status.peer, 'a']), [])
  deepStrictEqual(takeTold([status.peer, 'b', 'c']), [
    { event: 'peer-joined', peer: 'c' },
    { event: 'peer-left', peer: 'a' }
  ])
})
