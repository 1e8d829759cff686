import type { Detector } from '../src/types.ts'
import { contenders, type Published } from './drift-detectors.ts'
import { f1, pooled, type Score, score } from './drift-score.ts'
import { drawErrors, type ErrorStream } from './drift-streams.ts'
import { mean } from './measure.ts'
import type { Report } from './report.ts'

const PUBLISHED_RUNS = 30
const BAR = 0.9 // for the F1 of OPTWIN with ρ 0.5 on sudden changes; its delay is to be 27 ± 3

/** Adds for each detector how it does on `runs` streams of errors. */
export function measureErrors(report: Report, stream: ErrorStream, runs: number): void {
  const { name, rates, rows } = stream
  const all = Array.from({ length: Math.max(runs, PUBLISHED_RUNS) }, (_, i) => drawErrors(rates, rows, i + 1))
  for (const contender of contenders) {
    const published = contender[name]
    if (published !== undefined) {
      const again = scoreAll(contender.published, all.slice(0, PUBLISHED_RUNS), stream)
      checkPublished(`${contender.name} on ${name} errors`, again, published)
    }
    const scores = scoreAll(contender.make, all.slice(0, runs), stream)
    report.add({
      bench: 'drift',
      name: 'f1',
      stream: name,
      detector: contender.name,
      value: f1(scores),
      unit: 'share',
      // None where nothing was found.
      delay: scores.delays.length > 0 ? mean(scores.delays) : undefined,
      false_alarms: scores.falseAlarms / runs,
      runs,
      bar: name === 'sudden' && contender.name === 'optwin ρ 0.5' ? BAR : undefined,
      published_f1: published?.f1,
      published_delay: published?.delay,
      published_false_alarms: published?.falseAlarms
    })
  }
}

function scoreAll(make: () => Detector, all: readonly (readonly number[])[], { change }: ErrorStream): Score {
  return pooled(
    all.map(errors => {
      const detector = make()
      const alarms: number[] = []
      for (const [i, error] of errors.entries()) if (detector.update(error) === 'drift') alarms.push(i + 1)
      return score(alarms, [change])
    })
  )
}

/** @throws Error where a published form does not come to the published figures, up to their rounding. */
function checkPublished(what: string, scores: Score, published: Published): void {
  const got = { f1: f1(scores), delay: mean(scores.delays), falseAlarms: scores.falseAlarms / PUBLISHED_RUNS }
  const near =
    Math.abs(got.f1 - published.f1) < 0.001 &&
    Math.abs(got.delay - published.delay) < 0.6 &&
    Math.abs(got.falseAlarms - published.falseAlarms) < 0.006
  if (near) return
  throw new Error(`drift: ${what}: published ${JSON.stringify(published)}, got ${JSON.stringify(got)}`)
}
