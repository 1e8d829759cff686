import { restOf } from '../stream.ts'
import type { Chunk, Verdict } from '../types.ts'
import type { Course, Phase } from './adapt-course.ts'
import type { AdaptedModel, Versioned } from './adapt-model.ts'
import { operatorError } from './call.ts'
import type { Failures } from './failures.ts'
import type { MetricWindow } from './metric-window.ts'
import type { Predicted } from './predictions.ts'

/** An item with what a version of the model predicted for it. */
export interface VersionedPrediction<Item, Out> extends Predicted<Item, Out>, Versioned<Out> {}

/** An item, what was predicted for it before the model was trained on it, and what was made of that. */
export interface Adapted<Item, Out, Name extends string = never> extends VersionedPrediction<Item, Out> {
  readonly loss: number
  /** `training` where the item was trained on. */
  readonly phase: Phase
  /** What the detector said; `none` too for a result that it did not get, since the version is from before the phase. */
  readonly verdict: Verdict
  /** What the metrics come to with this prediction; now and then. */
  readonly metrics?: Readonly<Record<Name, number>>
}

/** How predictions are judged. */
export interface Judging<Item, Out, Truth> {
  /** What is true of an item, and was to be predicted. */
  readonly truth: (item: Item) => Truth
  /** What a prediction costs, a finite number; training ends by it. */
  readonly loss: (prediction: Out, truth: Truth) => number
  /** What the detector watches: say, 1 where the prediction is wrong, else 0. Default: the loss. */
  readonly error?: (prediction: Out, truth: Truth) => number
}

/** What has happened so far. */
export interface AdaptCounts {
  /** Items that were predicted and judged. */
  readonly items: number
  /** Drifts that the detector found. */
  readonly alarms: number
  /** Items that were trained on. */
  readonly trained: number
  /** Times that training began: at the start, at a drift, or because it was asked for. */
  readonly trainings: number
}

/** Items that were predicted together, those left out being undefined; the first is number `first` of the stream. */
export interface PredictedPart<Item, Out> {
  readonly results: readonly (VersionedPrediction<Item, Out> | undefined)[]
  readonly first: number
  /** The chunk that they came as, for its position. */
  readonly chunk: Chunk<unknown>
}

/** Judges predictions, and trains the model on what is due. */
export class Learner<Item, Out, Truth, Name extends string> {
  readonly #model: AdaptedModel<Item, Out>
  readonly #course: Course
  readonly #judging: Judging<Item, Out, Truth> & { readonly every: number }
  readonly #latest: MetricWindow<Out, Truth, Name>
  readonly #failures: Failures<Item>

  /** The metrics come with each `every`-th item. */
  constructor(
    model: AdaptedModel<Item, Out>,
    course: Course,
    judging: Judging<Item, Out, Truth> & { readonly every: number },
    latest: MetricWindow<Out, Truth, Name>,
    failures: Failures<Item>
  ) {
    this.#model = model
    this.#course = course
    this.#judging = judging
    this.#latest = latest
    this.#failures = failures
  }

  get counts(): AdaptCounts {
    const { alarms, trainings } = this.#course
    return { items: this.#latest.added, alarms, trained: this.#model.trained, trainings }
  }

  async *learn(
    parts: AsyncIterable<PredictedPart<Item, Out>>
  ): AsyncGenerator<Chunk<Adapted<Item, Out, Name>>> {
    try {
      for await (const { results, first, chunk } of parts) {
        const before = this.#course.trainings
        const out: Adapted<Item, Out, Name>[] = []
        for (const [i, result] of results.entries()) {
          const adapted = result && (await this.#judge(result, first + i))
          if (adapted !== undefined) out.push(adapted)
        }
        // Whether it was asked for or found by the detector.
        if (this.#course.trainings > before) this.#model.respond()
        const due = out.filter(({ phase }) => phase === 'training').map(({ input }) => input)
        await this.#model.train(due, chunk.position)
        if (this.#course.phase === 'stable') this.#model.settle()
        const rest = restOf(out, chunk)
        if (rest !== undefined) yield rest
      }
    } finally {
      // The model is the caller's again.
      this.#model.settle()
    }
  }

  /** Undefined where the item is to be left out. */
  async #judge(
    result: VersionedPrediction<Item, Out>,
    index: number
  ): Promise<Adapted<Item, Out, Name> | undefined> {
    const { truth: truthOf, loss: lossOf, error: errorOf = lossOf } = this.#judging
    const { input, prediction, version } = result
    let truth: Truth
    let adapted: Adapted<Item, Out, Name>
    try {
      truth = truthOf(input)
      const loss = lossOf(prediction, truth)
      if (!Number.isFinite(loss)) throw new RangeError(`loss must be a finite number; got ${loss}`)
      const error = errorOf === lossOf ? loss : errorOf(prediction, truth)
      adapted = { ...result, loss, ...this.#course.judge(error, loss, version, this.#model.version + 1) }
    } catch (error) {
      await this.#failures.failed(input, index, error)
      return undefined
    }
    try {
      this.#latest.add(prediction, truth)
      return this.#latest.added % this.#judging.every === 0
        ? { ...adapted, metrics: this.#latest.values }
        : adapted
    } catch (error) {
      throw operatorError('adapt: metrics', index, error)
    }
  }
}
