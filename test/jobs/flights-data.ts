// The flights and airports of vega-datasets.

import { fileURLToPath } from 'node:url'
import { csv } from '../../src/sources/csv.ts'
import { parquet } from '../../src/sources/parquet.ts'
import { chunksOf, stream } from '../../src/stream.ts'
import type { Stream } from '../../src/types.ts'
import type { AirportRow, FlightRow } from './flights.ts'

const data = (file: string) =>
  fileURLToPath(new URL(`../../node_modules/vega-datasets/data/${file}`, import.meta.url))

/** Of the first `rows` flights, which are in the order of their dates, every one of `peers` that is this peer's. */
export function firstFlights(rows: number, peer = 0, peers = 1): Stream<FlightRow> {
  return stream(async function* () {
    let first = 0
    for await (const chunk of chunksOf(parquet<FlightRow>(data('flights-3m.parquet')))) {
      yield Array.from(chunk)
        .slice(0, rows - first)
        .filter((_, i) => (first + i) % peers === peer)
      first += chunk.length
      if (first >= rows) return
    }
  })
}

export function airports(): Stream<AirportRow> {
  return csv(data('airports.csv'), {
    as: ({ iata = '', name = '', city = '', state = '' }) => ({ iata, name, city, state })
  })
}
