import { chunksOf, stream } from '../stream.ts'
import type { Detector, Verdict } from '../types.ts'
import { type FailureOptions, Failures, type FallibleOperator, fallible } from './failures.ts'
import { itemLoop, type Steps } from './item-loop.ts'

/** A value of a stream, and what the detector made of it. */
export interface Detected {
  readonly value: number
  readonly verdict: Verdict
}

/**
 * Hands each value, a loss or an error, to a detector of drift, and puts its verdict beside it; in order, chunks keep their positions.
 * The detector is the caller's: it goes on from where it is, so one operator is for one stream.
 *
 * A value that the detector refuses goes by `onError`; where that does not end the flow, it is left out.
 *
 * @throws Error naming the item, counted from 0, that the detector refuses; its error is the cause.
 */
export function detect(
  detector: Detector,
  { onError }: FailureOptions<number> = {}
): FallibleOperator<number, Detected> {
  const failures = new Failures('detect', onError)
  return fallible(failures, items => stream(() => itemLoop(chunksOf(items), stepsOf(detector), failures)))
}

function stepsOf(detector: Detector): Steps<number, Detected, never> {
  return {
    goOn(run) {
      for (; run.at < run.items.length; run.at++) {
        const value = run.items[run.at] as number
        run.out.push({ value, verdict: detector.update(value) })
      }
    },
    // A detector answers at once.
    async settle() {}
  }
}
