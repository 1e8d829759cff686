import { type Adaptation, adapt } from '../dataflow/adapt.ts'
import { batch } from '../dataflow/batch.ts'
import { pipe } from '../dataflow/pipe.ts'
import type { Example } from '../models/layers-batch.ts'
import { chunkAt } from '../stream.ts'
import type { AdaptableReplica, Convergence, Detector } from '../types.ts'
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
  readonly watch?: 'loss' | 'error'
}

/** Predicts every mini-batch, and learns it up to convergence and after a drift. */
export function trainedWhenNeeded(
  replica: AdaptableReplica<Example, Float32Array>,
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
  replica: AdaptableReplica<Example, Float32Array>,
  { batch: size, detector, convergence, trained, watch }: AdaptingOptions
): Adaptation<MiniBatch, Predicted> {
  // The last mini-batch of a pass may be short, and its mean uncertain: it is judged together with the last images before it.
  let last: Figure[] = []
  const judge = (prediction: Predicted, truth: MiniBatch) => {
    last = [...last, ...prediction.map((one, i) => figureOf(one, Number(truth[i].label)))].slice(-size)
  }
  return adapt<MiniBatch, Predicted, MiniBatch>(miniBatched(replica), {
    truth: input => input,
    loss(prediction, truth) {
      judge(prediction, truth)
      return meanOf(last, 'loss')
    },
    ...(watch === 'error' && { error: () => 1 - meanOf(last, 'right') }),
    detector,
    convergence,
    trained,
    most: 1
  })
}

interface Figure {
  readonly loss: number
  readonly right: number
}

function figureOf(prediction: Float32Array, label: number): Figure {
  return { loss: costOf(prediction, label), right: likeliest(prediction) === label ? 1 : 0 }
}

function figuresOf(prediction: Predicted, input: MiniBatch) {
  const figures = prediction.map((one, i) => figureOf(one, Number(input[i].label)))
  return { loss: meanOf(figures, 'loss'), accuracy: meanOf(figures, 'right') }
}

function meanOf(figures: readonly Figure[], which: keyof Figure): number {
  return figures.reduce((sum, figure) => sum + figure[which], 0) / figures.length
}

/** The same network, whose items are mini-batches. */
function miniBatched(
  replica: AdaptableReplica<Example, Float32Array>
): AdaptableReplica<MiniBatch, Predicted> {
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
    },
    ...(replica.boost && { boost: factor => replica.boost?.(factor) }),
    ...(replica.resetHead && { resetHead: () => replica.resetHead?.() })
  }
}
