import { deepStrictEqual, ok } from 'node:assert'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pipe } from 'it-pipe'
import { meanAbsoluteError, meanSquaredError } from '../../src/dataflow/metrics.ts'
import { ndjsonFile } from '../../src/sinks/file-ndjson.ts'
import { chunksOf } from '../../src/stream.ts'
import { randomOf, SimulatedChannels } from '../dataflow/simulated-channels.ts'
import { source } from '../dataflow/source.ts'
import { delayModel, type FlightRow, predictedDelays } from './flights.ts'
import { airports, firstFlights } from './flights-data.ts'

const ROWS = 120_000 // of 3 million: the first week
const flights = () => firstFlights(ROWS)

test('flights become hourly delays by airport, and a linear model predicts them better than their mean does', async t => {
  const seen = await Array.fromAsync(predictedDelays(flights(), airports(), delayModel()))

  // The same by hand.
  const states = new Map((await Array.fromAsync(airports())).map(({ iata, state }) => [iata, state]))
  const sums = new Map<string, { iata: string; start: number; flights: number; sum: number }>()
  for await (const { date, delay, origin } of flights()) {
    const start = Math.floor(date.getTime() / 3_600_000) * 3_600_000
    const sum = sums.get(`${origin} ${start}`) ?? { iata: origin, start, flights: 0, sum: 0 }
    sums.set(`${origin} ${start}`, { ...sum, flights: sum.flights + 1, sum: sum.sum + delay })
  }
  const byPlace = (a: { start: number; iata: string }, b: { start: number; iata: string }) =>
    a.start - b.start || (a.iata < b.iata ? -1 : 1)
  deepStrictEqual(
    seen.map(({ input: { before: _, ...hour } }) => hour).sort(byPlace),
    [...sums.values()]
      .map(({ iata, start, flights, sum }) => ({
        iata,
        state: states.get(iata),
        start,
        flights,
        delay: sum / flights
      }))
      .sort(byPlace)
  )

  const figures = () => ({ absolute: meanAbsoluteError(), squared: meanSquaredError() })
  const [model, mean] = [figures(), figures()]
  let total = 0
  for (const [i, { prediction, truth }] of seen.entries()) {
    for (const name of ['absolute', 'squared'] as const) {
      model[name].add(prediction, truth)
      mean[name].add(i === 0 ? 0 : total / i, truth)
    }
    total += truth
  }
  const show = ({ absolute, squared }: ReturnType<typeof figures>) =>
    `${absolute.value.toFixed(2)} minutes, ${squared.value.toFixed(0)} squared`
  t.diagnostic(`${seen.length} hours of ${new Set(seen.map(({ input }) => input.iata)).size} airports`)
  t.diagnostic(`error before learning each: ${show(model)}; of the mean so far: ${show(mean)}`)
  ok(model.absolute.value < 0.92 * mean.absolute.value, show(model))
  ok(model.squared.value < 0.92 * mean.squared.value, show(model))
  const told = seen.findLast(({ metrics }) => metrics !== undefined)?.metrics
  ok(told !== undefined && told.absolute > 0 && told.squared > 0)
})

test('the hours go to a sink; rows that are no flights are left out, and an unknown airport has no state', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'tensair-'))
  t.after(() => rm(folder, { recursive: true }))
  const path = join(folder, 'hours.ndjson')
  const row = {
    date: new Date('2001-01-01T05:10Z'),
    delay: 5,
    distance: 1,
    origin: 'XQZ',
    destination: 'SFO'
  }
  const rows = [row, { ...row, origin: '' }, { ...row, delay: Number.NaN }, { ...row, delay: 7 }]
  await pipe(predictedDelays(source([rows]), airports(), delayModel()), ndjsonFile(path))
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
  deepStrictEqual(
    lines.map(line => JSON.parse(line)),
    [
      {
        input: { iata: 'XQZ', start: Date.parse('2001-01-01T05:00Z'), flights: 2, delay: 6 },
        prediction: 0,
        truth: 6,
        loss: 6
      }
    ]
  )
})

test('two peers, each with half of the flights, come to the same hours as one, each airport at one of them', async () => {
  const rows: FlightRow[][] = []
  for await (const chunk of chunksOf(flights())) {
    if (rows.push(Array.from(chunk)) === 6) break
  }
  const alone = await Array.fromAsync(predictedDelays(source(rows), airports(), delayModel()))

  const channels = new SimulatedChannels(randomOf(1))
  const seen = [0, 1].map(async peer => {
    const own = source(rows.map(chunk => chunk.filter((_, i) => i % 2 === peer)))
    const swarm = channels.peer(`peer ${peer}`)
    return await Array.fromAsync(predictedDelays(own, airports(), delayModel(), swarm, 2))
  })
  let over = false
  const both = Promise.all(seen).finally(() => {
    over = true
  })
  await channels.until(() => over)
  const [first = [], second = []] = await both
  const hours = (judged: typeof alone) => judged.map(({ input }) => JSON.stringify(input)).sort()
  deepStrictEqual(hours([...first, ...second]), hours(alone))
  const airportsOf = (judged: typeof alone) => new Set(judged.map(({ input }) => input.iata))
  ok(airportsOf(first).size > 50 && airportsOf(second).size > 50)
  deepStrictEqual([...airportsOf(first).intersection(airportsOf(second))], [])
})
