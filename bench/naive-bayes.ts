/** What an attribute is: a number, normal within a class, or one of so many categories 0, 1, …. */
export type Attribute = 'number' | { readonly categories: number }

/** Naive Bayes for examples that come one by one: normal densities, and categories with one more seen of each. */
export class NaiveBayes {
  readonly #attributes: readonly Attribute[]
  readonly #classes: readonly ClassStatistics[]
  #seen = 0

  constructor(attributes: readonly Attribute[], classes: number) {
    this.#attributes = attributes
    this.#classes = Array.from({ length: classes }, () => new ClassStatistics(attributes))
  }

  /** The likeliest class; class 0 where nothing has been seen. */
  predict(example: ArrayLike<number>): number {
    let best = 0
    let most = Number.NEGATIVE_INFINITY
    for (const [i, statistics] of this.#classes.entries()) {
      if (statistics.count === 0) continue
      const likelihood = Math.log(statistics.count / this.#seen) + statistics.logLikelihood(example)
      if (likelihood > most) [best, most] = [i, likelihood]
    }
    return best
  }

  train(example: ArrayLike<number>, label: number): void {
    const statistics = this.#classes[label]
    if (statistics === undefined) throw new RangeError(`naive Bayes: there is no class ${label}`)
    statistics.add(example)
    this.#seen++
  }

  /** One that has seen nothing. */
  fresh(): NaiveBayes {
    return new NaiveBayes(this.#attributes, this.#classes.length)
  }
}

const LEAST_VARIANCE = 1e-12

class ClassStatistics {
  count = 0
  readonly #attributes: readonly Attribute[]
  readonly #means: Float64Array // [attributes]
  readonly #squares: Float64Array // [attributes], of deviations from the mean
  readonly #categories: readonly Float64Array[] // [attributes][categories], how often

  constructor(attributes: readonly Attribute[]) {
    this.#attributes = attributes
    this.#means = new Float64Array(attributes.length)
    this.#squares = new Float64Array(attributes.length)
    this.#categories = attributes.map(
      attribute => new Float64Array(attribute === 'number' ? 0 : attribute.categories)
    )
  }

  add(example: ArrayLike<number>): void {
    this.count++
    for (const [i, attribute] of this.#attributes.entries()) {
      const x = example[i] ?? Number.NaN
      const categories = this.#categories[i]
      if (attribute !== 'number' && categories !== undefined) {
        categories[x] = (categories[x] ?? Number.NaN) + 1
        continue
      }
      const mean = this.#means[i] ?? 0
      const deviation = x - mean
      this.#means[i] = mean + deviation / this.count
      this.#squares[i] = (this.#squares[i] ?? 0) + deviation * (x - (this.#means[i] ?? 0))
    }
  }

  logLikelihood(example: ArrayLike<number>): number {
    let sum = 0
    for (const [i, attribute] of this.#attributes.entries()) {
      const x = example[i] ?? Number.NaN
      if (attribute !== 'number') {
        sum += Math.log(((this.#categories[i]?.[x] ?? 0) + 1) / (this.count + attribute.categories))
        continue
      }
      const deviation = x - (this.#means[i] ?? 0)
      const variance = Math.max(LEAST_VARIANCE, (this.#squares[i] ?? 0) / Math.max(1, this.count - 1))
      sum -= 0.5 * (Math.log(2 * Math.PI * variance) + (deviation * deviation) / variance)
    }
    return sum
  }
}
