import { InvalidArgumentError, type Option } from 'commander'
import type { Bound } from '../jobs/run-flow.ts'
import { unlessGiven } from './options.ts'

/** What `--until` was given: a moment, a time from the start, or a number of items. */
export type Until = Bound | { readonly milliseconds: number }

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000
}
const WANTED =
  'Wanted a time from the start as 30s, 5m or 2h, a date and time as 2030-01-31T12:00, or a number as 100items.'

/** `--until`: what ends a job before its own end. */
export function untilOption(): Option {
  return unlessGiven(
    '--until <bound>',
    'end after a time (30s, 5m, 2h), at a date and time (ISO 8601), or after so many items (100items)',
    "the flow's own end"
  ).argParser(until)
}

/** A bound that is counted from now on. */
export function boundOf(until: Until): Bound {
  return 'milliseconds' in until ? { time: Date.now() + until.milliseconds } : until
}

function until(text: string): Until {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d|items?)$/.exec(text) ?? []
  const factor = UNITS[unit]
  if (factor !== undefined) return { milliseconds: Number(amount) * factor }
  if (unit !== '' && Number.isSafeInteger(Number(amount)) && Number(amount) > 0)
    return { items: Number(amount) }
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) throw new InvalidArgumentError(WANTED)
  if (time <= Date.now()) throw new InvalidArgumentError(`That is over. ${WANTED}`)
  return { time }
}
