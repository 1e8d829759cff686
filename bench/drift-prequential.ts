import type { Detector } from '../src/types.ts'
import type { LabelledStream } from './drift-data.ts'
import { NaiveBayes } from './naive-bayes.ts'

export interface Prequential {
  /** Share of the examples predicted right before they were learned. */
  readonly accuracy: number
  /** Rows, counted from 1, at which a drift was found. */
  readonly alarms: readonly number[]
}

/**
 * Predicts each example, tells the detector whether that was wrong, then learns it. From a warning on a second model learns too, and
 * takes over at a drift, as MOA's DriftDetectionMethodClassifier does; without a detector there is one model for ever.
 */
export function prequential(
  { examples, labels, attributes, classes }: LabelledStream,
  detector?: Detector
): Prequential {
  let model = new NaiveBayes(attributes, classes)
  let next = model.fresh()
  let warned = false
  let right = 0
  const alarms: number[] = []
  for (const [i, example] of examples.entries()) {
    const label = labels[i] ?? 0
    const wrong = model.predict(example) !== label
    if (!wrong) right++
    const verdict = detector?.update(wrong ? 1 : 0) ?? 'none'
    if (verdict === 'drift') {
      alarms.push(i + 1)
      model = next
      next = model.fresh()
      warned = false
    } else if (verdict === 'warning') {
      if (!warned) next = model.fresh()
      warned = true
      next.train(example, label)
    } else warned = false
    model.train(example, label)
  }
  return { accuracy: right / examples.length, alarms }
}
