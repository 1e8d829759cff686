import { chunksOf, restOf, stream } from '../stream.ts'
import type { AdaptableReplica, Chunk, Convergence, Detector, Operator } from '../types.ts'
import { type AdaptMode, Course, type Phase } from './adapt-course.ts'
import {
  type AdaptCounts,
  type Adapted,
  type Judging,
  Learner,
  type PredictedPart,
  type VersionedPrediction
} from './adapt-learner.ts'
import { AdaptedModel, type DriftResponse } from './adapt-model.ts'
import { type FailureOptions, Failures, type FallibleOperator, fallible } from './failures.ts'
import { MetricWindow } from './metric-window.ts'
import type { Metric } from './metrics.ts'
import { partsOf } from './parts.ts'
import { checkMost, predictionsFor } from './predictions.ts'
import type { SwarmAlarms } from './swarm-alarms.ts'

export interface AdaptOptions<Item, Out, Truth, Name extends string = never>
  extends Judging<Item, Out, Truth>,
    FailureOptions<Item> {
  /** Finds drifts; the caller's, for this `adapt` only. */
  readonly detector: Detector
  /** Says when training has caught up; the caller's, for this `adapt` only. */
  readonly convergence: Convergence
  /**
   * `when-needed` trains at the start and after a drift, each time up to convergence; `always` trains on every item, and does what
   * `onDrift` says; `never` tells of drifts only. Default `when-needed`.
   */
  readonly mode?: AdaptMode
  /** Whether the model is trained already, so that it begins by predicting only. Default false. */
  readonly trained?: boolean
  /** Alarms of a swarm that shares the model, with which this peer then adapts; the caller's, for this `adapt` only. Default: it adapts by itself. */
  readonly alarms?: SwarmAlarms
  /** What is done at a drift besides training. Default: nothing. */
  readonly onDrift?: DriftResponse
  /** Figures over the last predictions, by name. Each is for one `adapt`. Default: none. */
  readonly metrics?: Readonly<Record<Name, Metric<Out, Truth>>>
  /** How many predictions, the last ones, the metrics are over. Default 1000. */
  readonly window?: number
  /** The metrics come with each so many-th item that comes out. Default 1000. */
  readonly every?: number
  /** Most items that are predicted before they are trained on. Default 64. */
  readonly most?: number
}

export interface Adaptation<Item, Out, Name extends string = never>
  extends FallibleOperator<Item, Adapted<Item, Out, Name>> {
  /** Only predicts: for items whose labels come later. They and their labels then go to `learn`. */
  readonly predict: Operator<Item, VersionedPrediction<Item, Out>>
  /** The same as the operator itself, for items that were predicted by `predict`, and whose labels are there now. */
  readonly learn: Operator<VersionedPrediction<Item, Out>, Adapted<Item, Out, Name>>
  /** What has happened so far, over all streams that went through. */
  readonly counts: AdaptCounts
  readonly phase: Phase
  readonly metrics: Readonly<Record<Name, number>>
  /** Training begins with the next result, as at a drift that the detector had found: for alarms that come from elsewhere. In a swarm, at all peers. */
  retrain(): void
}

/**
 * Predicts each item, and trains the model when the world has changed: a detector watches the errors; at a drift training begins,
 * and it ends once the loss has converged. Drift is watched while training too.
 *
 * A chunk of the stream, in parts of at most `most` items, is predicted, judged item by item, trained on where that is due, and then
 * comes out, in order. So no item is trained on before it was predicted, and the model has learned whatever has come out with
 * the phase `training`. The item at which a drift is found is the first to be trained on. Chunks keep their positions.
 *
 * The model's version, how many times it was trained, travels with each prediction. When a phase begins, results of versions from before
 * are given neither to the detector nor to the rule of convergence, so these never end a training that they know nothing of, nor
 * find a drift twice; both begin each phase anew.
 *
 * With `alarms` the peers of a swarm adapt as one. A drift that any of them finds is told to all; once that is enough for the rule of the
 * alarms, all do what `onDrift` says and train. The rule of convergence of each gets the losses of all, those of others as means of 100; the first
 * that has converged ends the training for all. So an epoch counts the items of all peers, and nothing waits for one that was lost. A drift found
 * while the swarm trains is told of, and does not begin it anew. The number of the stage (`SwarmAlarms`) travels with each of these messages, and
 * what is of an older one is ignored. A peer that joins, trained or not, follows the stage that it finds.
 *
 * Where labels come late, predictions wait for them in a `join`, with a bound on the time:
 *
 *     const adaptation = adapt(model, options)
 *     const pairs = join(adaptation.predict(texts), labels, { keys, times, within: 3_600_000 })
 *     pipe(pairs, map(([{ input, ...rest }, { label }]) => ({ ...rest, input: { ...input, label } })), adaptation.learn)
 *
 * An item for which the prediction or a function fails, or whose loss is not a finite number, goes by `onError`; where that does not end
 * the flow, it is neither trained on nor comes out. Training that fails ends the flow.
 *
 * @throws RangeError for options out of range, TypeError where `onDrift` asks for what the model does not offer. Error naming the
 *   item, counted from 0, when a function, the detector or the model's prediction fails; its error is the cause.
 */
export function adapt<Item, Out, Truth, Name extends string = never>(
  model: AdaptableReplica<Item, Out>,
  options: AdaptOptions<Item, Out, Truth, Name>
): Adaptation<Item, Out, Name> {
  const { mode = 'when-needed', trained = false, most = 64, window = 1000, every = 1000 } = options
  if (mode !== 'always' && mode !== 'never' && mode !== 'when-needed') {
    throw new RangeError(`adapt: mode must be always, never or when-needed; got ${String(mode)}`)
  }
  checkMost('adapt', most)
  for (const [name, count] of Object.entries({ window, every })) {
    if (!Number.isSafeInteger(count) || count < 1)
      throw new RangeError(`adapt: ${name} must be a whole number of items, at least 1; got ${count}`)
  }
  const failures = new Failures('adapt', options.onError)
  const adapted = new AdaptedModel(model, options.onDrift ?? {})
  const { detector, convergence, alarms } = options
  const course = new Course(mode, detector, convergence, trained, alarms)
  const latest = new MetricWindow(options.metrics ?? ({} as Record<Name, Metric<Out, Truth>>), window)
  const learner = new Learner(adapted, course, { ...options, every }, latest, failures)

  const predictedParts = (items: AsyncIterable<Item>) => predicted(chunksOf(items), most, adapted, failures)
  const operator = (items: AsyncIterable<Item>) => stream(() => learner.learn(predictedParts(items)))
  return Object.defineProperties(fallible(failures, operator), {
    predict: { value: (items: AsyncIterable<Item>) => stream(() => predictions(predictedParts(items))) },
    learn: {
      value: (items: AsyncIterable<VersionedPrediction<Item, Out>>) =>
        stream(() => learner.learn(given(chunksOf(items), most)))
    },
    counts: { get: () => learner.counts },
    phase: { get: () => course.phase },
    metrics: { get: () => latest.values },
    retrain: { value: () => course.ask() }
  }) as Adaptation<Item, Out, Name>
}

/** Parts of a stream, predicted one after the other, each when the next is asked for. */
async function* predicted<Item, Out>(
  chunks: AsyncIterable<Chunk<Item>>,
  most: number,
  model: AdaptedModel<Item, Out>,
  failures: Failures<Item>
): AsyncGenerator<PredictedPart<Item, Out>> {
  let first = 0
  for await (const chunk of chunks) {
    for (const part of partsOf(chunk, most)) {
      const items = Array.from(part)
      const found = await predictionsFor(model, items, first, failures)
      yield { chunk: part, first, results: found.map(one => one && { input: one.input, ...one.prediction }) }
      first += items.length
    }
  }
}

/** Parts of a stream that was predicted elsewhere. */
async function* given<Item, Out>(
  chunks: AsyncIterable<Chunk<VersionedPrediction<Item, Out>>>,
  most: number
): AsyncGenerator<PredictedPart<Item, Out>> {
  let first = 0
  for await (const chunk of chunks) {
    for (const part of partsOf(chunk, most)) {
      yield { chunk: part, first, results: Array.from(part) }
      first += part.length
    }
  }
}

async function* predictions<Item, Out>(
  parts: AsyncIterable<PredictedPart<Item, Out>>
): AsyncGenerator<Chunk<VersionedPrediction<Item, Out>>> {
  for await (const { results, chunk } of parts) {
    const rest = restOf(
      results.filter(result => result !== undefined),
      chunk
    )
    if (rest !== undefined) yield rest
  }
}
