import { chunkAt, chunksOf, restOf, stream } from '../stream.ts'
import type { Chunk, PredictingReplica } from '../types.ts'
import { operatorError } from './call.ts'
import { type FailureOptions, Failures, type FallibleOperator, fallible } from './failures.ts'
import { MetricWindow } from './metric-window.ts'
import type { Metric } from './metrics.ts'
import { partsOf } from './parts.ts'
import { checkMost, MOST_IN_A_CALL, type Predicted, predictionsFor } from './predictions.ts'

export interface EvaluateOptions<Item, Out, Truth, Name extends string> extends FailureOptions<Item> {
  /** What is true of an item, and was to be predicted. */
  readonly truth: (item: Item) => Truth
  /** What a prediction costs; a finite number, less is better. */
  readonly loss: (prediction: Out, truth: Truth) => number
  /** Figures over the last predictions, by name: `accuracy()`, say. Each is for one `evaluate`. Default: none. */
  readonly metrics?: Readonly<Record<Name, Metric<Out, Truth>>>
  /** How many predictions, the last ones, the metrics are over. Default 10,000. */
  readonly window?: number
  /** The metrics come with each so many-th item that comes out. Default 1000. */
  readonly every?: number
  /** Most items that are predicted before they are trained on. Default 1024. */
  readonly most?: number
}

/** An item, what was predicted for it before the model was trained on it, and what was true. */
export interface Evaluated<Item, Out, Truth, Name extends string> extends Predicted<Item, Out> {
  readonly truth: Truth
  readonly loss: number
  /** What the metrics come to with this prediction; now and then. */
  readonly metrics?: Readonly<Record<Name, number>>
}

export interface Evaluation<Item, Out, Truth, Name extends string>
  extends FallibleOperator<Item, Evaluated<Item, Out, Truth, Name>> {
  /** What the metrics come to now, over all streams that went through. */
  readonly metrics: Readonly<Record<Name, number>>
}

/**
 * Test, then train (prequential evaluation): emits each item with the model's prediction for it and what that cost, in order,
 * and trains the model on it.
 *
 * A chunk of the stream, in parts of at most `most` items, is first predicted, then trained on, and then comes out. So no item
 * is trained on before it was predicted; a prediction is that of a model that has learned all items before those of its part and
 * none after; and the model has learned whatever has come out. With `most` of 1 that is the evaluation item by item. (The model is
 * drained after each part, which some models, as word2vec, do not learn alike from.) Chunks keep their positions.
 *
 * The metrics are over the last `window` predictions, which are held. An item for which the prediction, `truth` or `loss` fails,
 * or whose loss is not a finite number, goes by `onError`; where that does not end the flow, it is neither trained on nor comes
 * out. Where a call of the model for several items fails, each is asked for by itself. Training that fails ends the flow.
 *
 * @throws RangeError for options out of range. Error naming the item, counted from 0, when a function or the model's prediction
 *   fails; its error is the cause.
 */
export function evaluate<Item, Out, Truth, Name extends string = never>(
  model: PredictingReplica<Item, Out>,
  options: EvaluateOptions<Item, Out, Truth, Name>
): Evaluation<Item, Out, Truth, Name> {
  const { metrics = {} as Record<Name, Metric<Out, Truth>>, window = 10_000, every = 1000 } = options
  const { most = MOST_IN_A_CALL } = options
  checkMost('evaluate', most)
  if (!Number.isSafeInteger(every) || every < 1) {
    throw new RangeError(`evaluate: every must be a whole number of items, at least 1; got ${every}`)
  }
  const failures = new Failures('evaluate', options.onError)
  const latest = new MetricWindow(metrics, window)
  const operator = fallible<Item, Evaluated<Item, Out, Truth, Name>>(failures, items =>
    stream(() => evaluated(chunksOf(items), model, { ...options, most, every }, failures, latest))
  )
  return Object.defineProperty(operator, 'metrics', { get: () => latest.values }) as Evaluation<
    Item,
    Out,
    Truth,
    Name
  >
}

async function* evaluated<Item, Out, Truth, Name extends string>(
  chunks: AsyncIterable<Chunk<Item>>,
  model: PredictingReplica<Item, Out>,
  options: EvaluateOptions<Item, Out, Truth, Name> & { readonly most: number; readonly every: number },
  failures: Failures<Item>,
  latest: MetricWindow<Out, Truth, Name>
): AsyncGenerator<Chunk<Evaluated<Item, Out, Truth, Name>>> {
  let index = 0
  for await (const chunk of chunks) {
    for (const part of partsOf(chunk, options.most)) {
      const out: Evaluated<Item, Out, Truth, Name>[] = []
      for (const predicted of await predictionsFor(model, Array.from(part), index, failures)) {
        if (predicted !== undefined) {
          const judged = await judge(predicted, index, options, failures)
          if (judged !== undefined) out.push(measured(judged, index, options.every, latest))
        }
        index++
      }
      await model.train(
        chunkAt(
          out.map(({ input }) => input),
          part.position
        )
      )
      await model.drain()
      const rest = restOf(out, part)
      if (rest !== undefined) yield rest
    }
  }
}

/** What a prediction has cost; undefined where that cannot be told and the item is to be left out. */
async function judge<Item, Out, Truth, Name extends string>(
  predicted: Predicted<Item, Out>,
  index: number,
  options: EvaluateOptions<Item, Out, Truth, Name>,
  failures: Failures<Item>
): Promise<Evaluated<Item, Out, Truth, Name> | undefined> {
  try {
    const truth = options.truth(predicted.input)
    const loss = options.loss(predicted.prediction, truth)
    if (!Number.isFinite(loss)) throw new RangeError(`loss must be a finite number; got ${loss}`)
    return { ...predicted, truth, loss }
  } catch (error) {
    await failures.failed(predicted.input, index, error)
    return undefined
  }
}

/** The same, with the metrics when it is time for them. */
function measured<Item, Out, Truth, Name extends string>(
  judged: Evaluated<Item, Out, Truth, Name>,
  index: number,
  every: number,
  latest: MetricWindow<Out, Truth, Name>
): Evaluated<Item, Out, Truth, Name> {
  try {
    latest.add(judged.prediction, judged.truth)
    return latest.added % every === 0 ? { ...judged, metrics: latest.values } : judged
  } catch (error) {
    throw operatorError('evaluate: metrics', index, error)
  }
}
