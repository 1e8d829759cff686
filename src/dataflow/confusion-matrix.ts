/** How often one class was taken for another. */
export interface ConfusedPair {
  readonly truth: string
  readonly predicted: string
  readonly count: number
  /** Of the items of class `truth`, 0 to 1. */
  readonly share: number
}

/** Counts, for each pair of classes, the items that were of the one and predicted as the other: 8 bytes a pair, however many items. */
export class ConfusionMatrix {
  readonly classes: readonly string[]
  readonly #counts: Float64Array // [truth, predicted]
  #total = 0
  #right = 0

  /** @throws RangeError where there is no class. */
  constructor(classes: readonly string[]) {
    if (classes.length === 0) throw new RangeError('confusionMatrix: wanted one class at least; got none')
    this.classes = classes
    this.#counts = new Float64Array(classes.length ** 2)
  }

  /**
   * Counts one item, by the numbers of its classes.
   *
   * @throws RangeError where there is no such class.
   */
  add(truth: number, predicted: number): void {
    const place = this.#place(truth, predicted)
    this.#counts[place]++
    this.#total++
    if (truth === predicted) this.#right++
  }

  /** Items counted. */
  get total(): number {
    return this.#total
  }

  /** Share of the items that were predicted right, 0 to 1; NaN of none. */
  get accuracy(): number {
    return this.#right / this.#total
  }

  /** Items of class `truth` that were predicted as `predicted`. */
  count(truth: number, predicted: number): number {
    return this.#counts[this.#place(truth, predicted)]
  }

  /** Items of a class. */
  ofTruth(truth: number): number {
    return this.#sum(predicted => this.count(truth, predicted))
  }

  /** Items predicted as a class. */
  ofPrediction(predicted: number): number {
    return this.#sum(truth => this.count(truth, predicted))
  }

  /** Share of the items of a class that were predicted as it, 0 to 1; NaN where there were none. */
  recall(one: number): number {
    return this.count(one, one) / this.ofTruth(one)
  }

  /** Share of the items predicted as a class that were of it, 0 to 1; NaN where there were none. */
  precision(one: number): number {
    return this.count(one, one) / this.ofPrediction(one)
  }

  /** The pairs confused most often, at most `most` of them; of equally frequent ones those of the first classes. */
  topConfusions(most = 5): ConfusedPair[] {
    const pairs: ConfusedPair[] = []
    for (const [t, truth] of this.classes.entries()) {
      const all = this.ofTruth(t)
      for (const [p, predicted] of this.classes.entries()) {
        const count = this.count(t, p)
        if (t !== p && count > 0) pairs.push({ truth, predicted, count, share: count / all })
      }
    }
    return pairs.sort((a, b) => b.count - a.count).slice(0, most)
  }

  #sum(countOf: (one: number) => number): number {
    return this.classes.reduce((sum, _, one) => sum + countOf(one), 0)
  }

  #place(truth: number, predicted: number): number {
    const { length } = this.classes
    for (const one of [truth, predicted]) {
      if (Number.isInteger(one) && one >= 0 && one < length) continue
      throw new RangeError(`confusionMatrix: wanted classes from 0 to ${length - 1}; got ${one}`)
    }
    return truth * length + predicted
  }
}
