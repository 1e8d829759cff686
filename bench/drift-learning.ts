import type { LabelledStream } from './drift-data.ts'
import { contenders, PUBLISHED_NONE } from './drift-detectors.ts'
import { prequential } from './drift-prequential.ts'
import { f1, score } from './drift-score.ts'
import { mean } from './measure.ts'
import type { Report } from './report.ts'

/** Adds what a naive Bayes comes to on a stream without a detector and with each. */
export function measureLearning(report: Report, stream: LabelledStream): void {
  const none = 100 * prequential(stream).accuracy
  const row = { bench: 'drift', stream: stream.name }
  const known = stream.changes.length > 0
  if (!known && Math.abs(none - PUBLISHED_NONE) > 0.1) {
    throw new Error(`drift: naive Bayes alone has ${none} % on ${stream.name}; wanted ${PUBLISHED_NONE}`)
  }
  const beside = known ? {} : { published: PUBLISHED_NONE }
  report.add({ ...row, name: 'accuracy', detector: 'none', value: none, unit: '%', ...beside })
  for (const { name, make, electricity } of contenders) {
    const { accuracy, alarms } = prequential(stream, make())
    if (known) {
      const scores = score(alarms, stream.changes)
      report.add({
        ...row,
        name: 'f1',
        detector: name,
        value: f1(scores),
        unit: 'share',
        // None where nothing was found.
        delay: scores.delays.length > 0 ? mean(scores.delays) : undefined,
        false_alarms: scores.falseAlarms,
        accuracy: 100 * accuracy
      })
    } else {
      report.add({
        ...row,
        name: 'accuracy',
        detector: name,
        value: 100 * accuracy,
        unit: '%',
        alarms: alarms.length,
        published: electricity?.accuracy,
        published_alarms: electricity?.alarms
      })
    }
  }
}
