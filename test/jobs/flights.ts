// Flights of 2001: how late will they leave an airport in the next hour? Rows of a file become hourly means by airport, meet the
// airports' table, and a linear model predicts each hour's mean before it learns it. Runs alone, or on several peers, each of
// which reads flights of its own: an exchange brings those of one airport together.

import { pipe } from 'it-pipe'
import { type Evaluated, evaluate } from '../../src/dataflow/evaluate.ts'
import { exchange } from '../../src/dataflow/exchange.ts'
import { map } from '../../src/dataflow/map.ts'
import { absoluteError, meanAbsoluteError, meanSquaredError } from '../../src/dataflow/metrics.ts'
import { type Reduced, type Running, reduce } from '../../src/dataflow/reduce.ts'
import { joinTable } from '../../src/dataflow/table-join.ts'
import { tumbling } from '../../src/dataflow/windows.ts'
import { type Linear, linear } from '../../src/models/linear.ts'
import type { Channels } from '../../src/types.ts'

const HOUR = 3_600_000 // ms

/** A row of flights-3m.parquet: when it was to leave, and how many minutes late it came. */
export interface FlightRow {
  readonly date: Date
  readonly delay: number
  readonly distance: number
  readonly origin: string
  readonly destination: string
}

/** A row of airports.csv. */
export interface AirportRow {
  readonly iata: string
  readonly name: string
  readonly city: string
  readonly state: string
}

interface Flight {
  readonly at: number // ms
  readonly origin: string
  readonly delay: number
}

interface Sum {
  readonly flights: number
  readonly delay: number
}

/** An airport's flights of one hour. */
export interface AirportHour {
  readonly iata: string
  readonly state: string | undefined
  readonly start: number // ms
  readonly flights: number
  /** Mean delay in minutes. */
  readonly delay: number
  /** The same of the airport's last hour before, where it had flights not long ago. */
  readonly before: number | undefined
}

/** Knows of an hour what is known before it begins. */
export function delayModel(): Linear<AirportHour> {
  return linear<AirportHour>({
    target: ({ delay }) => delay,
    features({ iata, state, start, before }) {
      const time = new Date(start)
      return {
        airport: iata,
        state,
        hour: String(time.getUTCHours()),
        day: String(time.getUTCDay()),
        known: before !== undefined,
        // One flight that is hours late says little of the next hour.
        before: before === undefined ? undefined : Math.min(60, Math.max(-30, before))
      }
    },
    rate: 0.1 // since one hour's mean differs much from the next one's
  })
}

/**
 * Each hour of each airport that is this peer's, with what the model predicted for it; of a swarm no flight is read before there
 * are `peers`. What is no flight is left out.
 */
export function predictedDelays(
  rows: AsyncIterable<FlightRow>,
  airports: AsyncIterable<AirportRow>,
  model: Linear<AirportHour>,
  swarm?: Channels,
  peers = 1
): AsyncIterable<Evaluated<AirportHour, number, number, 'absolute' | 'squared'>> {
  const byAirport = exchange<Flight>(swarm, {
    key: ({ origin }) => origin,
    time: ({ at }) => at,
    least: peers
  })
  return pipe(
    rows,
    map(flightOf, { onError: 'skip' }),
    byAirport,
    reduce({
      window: tumbling(HOUR),
      key: ({ origin }: Flight) => origin,
      time: ({ at }: Flight) => at,
      initial: (): Sum => ({ flights: 0, delay: 0 }),
      reduce: (sum: Sum, { delay }: Flight) => ({ flights: sum.flights + 1, delay: sum.delay + delay }),
      merge: (a, b) => ({ flights: a.flights + b.flights, delay: a.delay + b.delay }),
      moves: byAirport
    }),
    (means: AsyncIterable<Reduced<string, Sum>>) =>
      joinTable(means, airports, {
        keys: [({ key }) => key, ({ iata }) => iata],
        // The table is older than all flights, so every hour waits for all of it.
        times: [({ start }) => start, () => 0],
        value: airport => airport
      }),
    map(hourOf),
    reduce<AirportHour, AirportHour | undefined, string>({
      key: ({ iata }) => iata,
      initial: () => undefined,
      reduce: withBefore,
      merge: (a, b) => ((a?.start ?? 0) > (b?.start ?? 0) ? a : b),
      moves: byAirport
    }),
    map(({ value }: Running<string, AirportHour | undefined>) => value as AirportHour),
    evaluate(model, {
      truth: ({ delay }: AirportHour) => delay,
      loss: absoluteError,
      metrics: { absolute: meanAbsoluteError(), squared: meanSquaredError() },
      most: 256
    })
  )
}

function flightOf({ date, delay, origin }: FlightRow): Flight {
  if (!(date instanceof Date) || !Number.isFinite(delay) || !/^[A-Z0-9]{3}$/.test(origin)) {
    throw new TypeError('wanted a date, a delay and an origin')
  }
  return { at: date.getTime(), origin, delay }
}

function hourOf([hour, airport]: [Reduced<string, Sum>, AirportRow | undefined]): AirportHour {
  const { key, start, value } = hour
  const delay = value.delay / value.flights
  return { iata: key, state: airport?.state, start, flights: value.flights, delay, before: undefined }
}

/** An hour that knows the one before it. */
function withBefore(before: AirportHour | undefined, hour: AirportHour): AirportHour {
  const recent = before !== undefined && hour.start - before.start <= 3 * HOUR
  return recent ? { ...hour, before: before.delay } : hour
}
