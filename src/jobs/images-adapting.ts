import { type Adaptation, adapt } from '../dataflow/adapt.ts'
import { batch } from '../dataflow/batch.ts'
import { pipe } from '../dataflow/pipe.ts'
import type { Example } from '../models/layers-batch.ts'
import { chunkAt } from '../stream.ts'
import type { Convergence, Detector, PredictingReplica } from '../types.ts'
import type { Figures } from './images-events.ts'
import { costOf, likeliest } from './images-held-out.ts'
import type { Pass } from './images-training.ts'

type MiniBatch = readonly Example[]
type Predicted = readonly Float32Array[]

/** How a network is adapted. */
export interface AdaptingOptions {
  /** Images in a mini-batch, which is a step of training. */
  readonly batch: number
  /** Watches the mean loss of each mini-batch before it is learned from. */
  readonly detector: Detector
  /** Hears the same. */
  readonly convergence: Convergence
  /** Whether the network has learned already, so that it begins by predicting only. */
  readonly trained: boolean
}

/** Predicts every mini-batch, and learns it up to convergence and after a drift. */
export function trainedWhenNeeded(
  replica: PredictingReplica<Example, Float32Array>,
  options: AdaptingOptions
): Pass {
  const adaptation = adaptationOf(replica, options)
  let batches = 0
  let trainings = 0
  let before: string | undefined
  return async function* (examples, account) {
    const results = pipe(examples, batch<Example>({ size: options.batch }), adaptation)
    for await (const { input, prediction, verdict, phase } of results) {
      batches++
      account.images += input.length
      account.add(figuresOf(prediction, input), input.length)
      const at = { images: account.images, batch: batches }
      if (verdict === 'drift') yield { type: 'drift', ...at }
      // A drift that is found while it trains begins the training anew.
      if (phase !== before || adaptation.counts.trainings !== trainings) yield { type: phase, ...at }
      before = phase
      trainings = adaptation.counts.trainings
      if (account.isDue) yield account.progress()
    }
  }
}

function adaptationOf(
  replica: PredictingReplica<Example, Float32Array>,
  { batch: size, detector, convergence, trained }: AdaptingOptions
): Adaptation<MiniBatch, Predicted> {
  // The last mini-batch of a pass may be short, and its mean uncertain: it is judged together with the last images before it.
  let last: number[] = []
  return adapt<MiniBatch, Predicted, MiniBatch>(miniBatched(replica), {
    truth: input => input,
    loss(prediction, truth) {
      last = [...last, ...prediction.map((one, i) => costOf(one, Number(truth[i].label)))].slice(-size)
      return mean(last)
    },
    detector: keeping(detector),
    convergence,
    trained,
    most: 1
  })
}

/**
 * The same detector, but when training ends it keeps what it has seen: the loss does not move any more then, and a drift that comes
 * before it had seen enough anew would be taken for what was always so. After a drift it starts anew by itself.
 */
function keeping(detector: Detector): Detector {
  return { update: value => detector.update(value), reset() {}, save: () => detector.save() }
}

function figuresOf(prediction: Predicted, input: MiniBatch): Figures {
  const labels = input.map(({ label }) => Number(label))
  return {
    loss: mean(prediction.map((one, i) => costOf(one, labels[i]))),
    accuracy: mean(prediction.map((one, i) => (likeliest(one) === labels[i] ? 1 : 0)))
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The same network, whose items are mini-batches. */
function miniBatched(
  replica: PredictingReplica<Example, Float32Array>
): PredictingReplica<MiniBatch, Predicted> {
  return {
    train: chunk => replica.train(chunkAt(Array.from(chunk).flat(), chunk.position)),
    drain: () => replica.drain(),
    progress: () => replica.progress(),
    async predict(batches) {
      const all = await replica.predict(batches.flat())
      let at = 0
      return batches.map(({ length }) => {
        at += length
        return all.slice(at - length, at)
      })
    }
  }
}
