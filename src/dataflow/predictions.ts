// How a model is asked for predictions.

import type { Predictor } from '../types.ts'
import type { Failures } from './failures.ts'

/** Items in one call of a model, unless told otherwise. */
export const MOST_IN_A_CALL = 1024

/** An item and what a model predicts for it. */
export interface Predicted<In, Out> {
  readonly input: In
  readonly prediction: Out
}

/** @throws RangeError where `most` is not a whole number of items, at least 1. */
export function checkMost(operator: string, most: number): void {
  if (Number.isSafeInteger(most) && most >= 1) return
  throw new RangeError(`${operator}: most must be a whole number of items, at least 1; got ${most}`)
}

/**
 * For each item, of which the first is number `first` of the stream, what is predicted, or undefined where the item is to be left
 * out. Where a call fails, each item is asked for by itself, so that only those go by the policy that fail alone.
 */
export async function predictionsFor<In, Out>(
  model: Predictor<In, Out>,
  items: readonly In[],
  first: number,
  failures: Failures<In>
): Promise<readonly (Predicted<In, Out> | undefined)[]> {
  if (items.length === 0) return []
  try {
    return await asked(model, items)
  } catch (error) {
    if (items.length === 1) {
      await failures.failed(items[0] as In, first, error)
      return [undefined]
    }
  }
  const predicted: (Predicted<In, Out> | undefined)[] = []
  for (const [i, item] of items.entries()) {
    predicted.push(...(await predictionsFor(model, [item], first + i, failures)))
  }
  return predicted
}

async function asked<In, Out>(
  model: Predictor<In, Out>,
  items: readonly In[]
): Promise<Predicted<In, Out>[]> {
  const predictions = await model.predict(items)
  if (predictions.length !== items.length) {
    throw new Error(`the model gave ${predictions.length} predictions for ${items.length} items`)
  }
  return items.map((input, i) => ({ input, prediction: predictions[i] as Out }))
}
