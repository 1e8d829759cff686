import { chunkAt, chunksOf, restOf, stream } from '../stream.ts'
import type { Chunk, Predictor } from '../types.ts'
import { mappedConcurrently } from './concurrent.ts'
import { type FailureOptions, Failures, type FallibleOperator, fallible } from './failures.ts'
import { partsOf } from './parts.ts'
import { checkMost, MOST_IN_A_CALL, type Predicted, predictionsFor } from './predictions.ts'

export interface PredictOptions<In> extends FailureOptions<In> {
  /** Most items in one call of the model. Default 1024. */
  readonly most?: number
  /** Calls of the model that may run at once. Default 1. */
  readonly concurrency?: number
}

/**
 * Emits each item with the model's prediction for it, in order.
 *
 * A call of the model takes what came as one chunk of the stream, in parts of at most `most` items; it waits for no more, so
 * put items that come one by one through a source that gives chunks, where calls are dear. Chunks keep their
 * positions and watermarks.
 *
 * With a `concurrency` of 1 the next call begins when the reader comes back for more. Above 1, so many calls run while the
 * source has items; one whose answer waits for its turn, or for the reader, counts as running, and the source may be a
 * chunk ahead of the reader. So at most `concurrency · most` items with their predictions are held, and a chunk of the source.
 *
 * The model is taken as it is at the time of the call: where it is trained meanwhile, so are the predictions.
 *
 * Where a call fails, or does not answer with one prediction for each item, each of its items is asked for by itself, and those
 * that fail alone go by `onError`; where that does not end the flow, they are left out. Dead letters of calls that run at once
 * are delivered at once.
 *
 * @throws RangeError for options out of range. Error naming the item, counted from 0, when the model fails for it; its error is
 *   the cause.
 */
export function predict<In, Out>(
  model: Predictor<In, Out>,
  { most = MOST_IN_A_CALL, concurrency = 1, onError }: PredictOptions<In> = {}
): FallibleOperator<In, Predicted<In, Out>> {
  checkMost('predict', most)
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new RangeError(
      `predict: concurrency must be a whole number of calls, at least 1; got ${concurrency}`
    )
  }
  const failures = new Failures('predict', onError)
  const ask = async ({ items, first }: Part<In>) =>
    (await predictionsFor(model, items, first, failures)).filter(one => one !== undefined)
  return fallible(failures, items =>
    stream(() => {
      const parts = numbered(chunksOf(items), most)
      return concurrency === 1 ? oneByOne(parts, ask) : sideBySide(parts, ask, concurrency)
    })
  )
}

/** Items for one call, the first of which is number `first` of the stream. */
interface Part<In> {
  readonly items: readonly In[]
  readonly first: number
}

type Ask<In, Out> = (part: Part<In>) => Promise<Predicted<In, Out>[]>

/** Chunks as chunks of parts. */
async function* numbered<In>(
  chunks: AsyncIterable<Chunk<In>>,
  most: number
): AsyncGenerator<Chunk<Part<In>>> {
  let first = 0
  for await (const chunk of chunks) {
    const parts: Part<In>[] = []
    for (const part of partsOf(chunk, most)) {
      parts.push({ items: Array.from(part), first })
      first += part.length
    }
    yield chunkAt(parts, chunk.position, chunk.watermark)
  }
}

async function* oneByOne<In, Out>(
  chunks: AsyncIterable<Chunk<Part<In>>>,
  ask: Ask<In, Out>
): AsyncGenerator<Chunk<Predicted<In, Out>>> {
  for await (const parts of chunks) {
    let left = parts.length
    for (const part of parts) {
      const predicted = await ask(part)
      const rest = restOf(predicted, --left === 0 ? parts : [])
      if (rest !== undefined) yield rest
    }
  }
}

async function* sideBySide<In, Out>(
  chunks: AsyncGenerator<Chunk<Part<In>>>,
  ask: Ask<In, Out>,
  concurrency: number
): AsyncGenerator<Chunk<Predicted<In, Out>>> {
  const options = { concurrency, ordered: true }
  // What ends the flow is named already.
  const failures = {
    failed(_part: Part<In>, _index: number, error: unknown) {
      throw error
    }
  }
  for await (const answers of mappedConcurrently(chunks, ask, options, failures)) {
    const predicted = Array.from(answers).flat()
    const rest = restOf(predicted, answers)
    if (rest !== undefined) yield rest
  }
}
