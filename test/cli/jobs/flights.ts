// A job that makes hourly delays of its share of the first flights of 2001, together with the peers that have the others.

import { defineJob, map, pipe, z } from 'tensair'
import { type AirportHour, delayModel, predictedDelays } from '../../jobs/flights.ts'
import { airports, firstFlights } from '../../jobs/flights-data.ts'

export default defineJob({
  name: 'flights',
  options: z.object({
    rows: z.number().int().describe('flights of all peers'),
    peer: z.number().int().default(0).describe('which of the peers this is, from 0'),
    peers: z.number().int().default(1)
  }),
  flow: ({ options: { rows, peer, peers }, swarm }) =>
    pipe(
      predictedDelays(firstFlights(rows, peer, peers), airports(), delayModel(), swarm, peers),
      map(({ input }): AirportHour => input)
    )
})
