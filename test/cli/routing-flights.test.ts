import { deepStrictEqual, ok } from 'node:assert'
import { join } from 'node:path'
import { test } from 'node:test'
import { type AirportHour, delayModel, predictedDelays } from '../jobs/flights.ts'
import { airports, firstFlights } from '../jobs/flights-data.ts'
import { emitted, startJobPeer } from './routing-peers.ts'
import { folder } from './tensair.ts'

const ROWS = 20_000

test('two processes, each with half of the flights, come to the same hours as one, each airport at one of them', async t => {
  const place = folder(t)
  const more = (peer: number) => ['--rows', `${ROWS}`, '--peers', '2', '--peer', `${peer}`]
  const first = startJobPeer(t, { job: 'flights', folder: join(place, 'first'), more: more(0) })
  const bootstrap = await first.addresses()
  const second = startJobPeer(t, { job: 'flights', folder: join(place, 'second'), bootstrap, more: more(1) })
  const alone = await Array.fromAsync(predictedDelays(firstFlights(ROWS), airports(), delayModel()))
  await Promise.all([first.ended(), second.ended()])
  const hours = [first, second].map(peer => emitted<AirportHour>(peer))
  const sorted = (some: readonly AirportHour[]) => some.map(hour => JSON.stringify(hour)).sort()
  deepStrictEqual(sorted(hours.flat()), sorted(alone.map(({ input }) => input)))
  const [at, there] = hours.map(some => new Set(some.map(({ iata }) => iata)))
  ok(at.size > 20 && there.size > 20)
  deepStrictEqual([...at.intersection(there)], [])
})
