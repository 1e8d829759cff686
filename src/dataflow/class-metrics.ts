// Figures over predicted classes that hold where some classes are much more frequent than others.

import type { Metric } from './metrics.ts'

/**
 * The mean, over the classes that were true, of the share of each that was predicted right, 0 to 1. Guessing gives 1 / classes,
 * however frequent they are. `classOf` is the class that a prediction stands for; by default the prediction itself.
 */
export function balancedAccuracy<Prediction, Class>(
  classOf?: (prediction: Prediction) => Class
): Metric<Prediction, Class> {
  return confusionMetric(classOf, confusion => {
    let sum = 0
    let classes = 0
    for (const one of confusion.classes) {
      const count = confusion.ofTruth(one)
      if (count === 0) continue
      sum += confusion.right(one) / count
      classes++
    }
    return sum / classes
  })
}

/**
 * Cohen's kappa: by how much predictions are right more often than such predictions would be by chance, κ = (p − c) / (1 − c),
 * where p is the share of right ones and c = Σ over classes of (share of truths · share of predictions). 1 is always right, 0 is
 * chance; 0 too where there is one class only, and that is what was predicted. `classOf` as in `balancedAccuracy`.
 *
 * Cohen: A coefficient of agreement for nominal scales, 1960.
 */
export function kappa<Prediction, Class>(
  classOf?: (prediction: Prediction) => Class
): Metric<Prediction, Class> {
  return confusionMetric(classOf, confusion => {
    let right = 0
    let chance = 0
    for (const one of confusion.classes) {
      right += confusion.right(one) / confusion.total
      chance += (confusion.ofTruth(one) * confusion.ofPrediction(one)) / confusion.total ** 2
    }
    return chance === 1 ? 0 : (right - chance) / (1 - chance)
  })
}

/** How often each class was true, was predicted, and was both. */
class Confusion<Class> {
  total = 0
  readonly #truths = new Map<Class, number>()
  readonly #predictions = new Map<Class, number>()
  readonly #right = new Map<Class, number>()

  change(predicted: Class, truth: Class, by: 1 | -1): void {
    this.total += by
    changeCount(this.#truths, truth, by)
    changeCount(this.#predictions, predicted, by)
    if (Object.is(predicted, truth)) changeCount(this.#right, truth, by)
  }

  /** Every class that was true or predicted. */
  get classes(): Iterable<Class> {
    return new Set([...this.#truths.keys(), ...this.#predictions.keys()])
  }

  ofTruth(one: Class): number {
    return this.#truths.get(one) ?? 0
  }

  ofPrediction(one: Class): number {
    return this.#predictions.get(one) ?? 0
  }

  right(one: Class): number {
    return this.#right.get(one) ?? 0
  }
}

function changeCount<Class>(counts: Map<Class, number>, one: Class, by: 1 | -1): void {
  const count = (counts.get(one) ?? 0) + by
  if (count === 0) counts.delete(one)
  else counts.set(one, count)
}

function confusionMetric<Prediction, Class>(
  classOf: ((prediction: Prediction) => Class) | undefined,
  figureOf: (confusion: Confusion<Class>) => number
): Metric<Prediction, Class> {
  const confusion = new Confusion<Class>()
  // Without `classOf`, predictions are classes.
  const predicted = classOf ?? ((prediction: Prediction) => prediction as unknown as Class)
  return {
    add: (prediction, truth) => confusion.change(predicted(prediction), truth, 1),
    remove: (prediction, truth) => confusion.change(predicted(prediction), truth, -1),
    get value() {
      return confusion.total === 0 ? Number.NaN : figureOf(confusion)
    }
  }
}
