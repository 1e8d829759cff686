import { type Adaptation, adapt } from '../dataflow/adapt.ts'
import { balancedAccuracy, kappa } from '../dataflow/class-metrics.ts'
import { map } from '../dataflow/map.ts'
import { accuracy } from '../dataflow/metrics.ts'
import { pipe } from '../dataflow/pipe.ts'
import { replay } from '../dataflow/replay.ts'
import { convergence } from '../drift/convergence.ts'
import { newDetector } from '../drift/open.ts'
import { type TextClass, textClassifier } from '../models/text-classifier.ts'
import { defineJob } from './job.ts'
import { type Figure, sentimentEvents } from './sentiment-events.ts'
import { type SentimentOptions, sentimentOptions } from './sentiment-options.ts'
import { swapping } from './sentiment-swap.ts'
import { type Tweet, tweetsOf } from './sentiment-tweets.ts'

/** Predicts the sentiment of tweets as they come, learns them at the start and after a drift, and tells how well. */
export const sentiment = defineJob({
  name: 'sentiment',
  description:
    'The sentiment of tweets: each is predicted, then learned while the model is new or the world has changed; figures over the last ones, drifts, and when it trains.',
  options: sentimentOptions,
  flow({ options, signal, counted, warn }) {
    const adaptation = adaptationOf(options)
    const tweets = tweetsOf(options, signal, warn)
    const time = ({ time = 0 }: Tweet) => time
    const paced =
      options.replay === undefined ? tweets : replay({ time, speed: options.replay, signal })(tweets)
    return pipe(
      paced,
      counted,
      map(swapping(options.labels, options.swapAt, options.swapTopic)),
      adaptation,
      items => sentimentEvents(items, adaptation, options.predictions)
    )
  }
})

function adaptationOf(options: SentimentOptions): Adaptation<Tweet, TextClass, Figure> {
  const { labels, seed, mode, detector, reset, window, every, batch } = options
  const model = textClassifier({ classes: labels, seed })
  const labelOf = ({ label }: TextClass) => label
  return adapt<Tweet, TextClass, string, Figure>(model, {
    truth: ({ label }) => label,
    loss: (prediction, label) => model.loss(prediction, label),
    error: (prediction, label) => Number(prediction.label !== label),
    detector: newDetector(detector),
    convergence: convergence(),
    mode,
    onDrift: { reset },
    metrics: {
      accuracy: accuracy((prediction, label) => prediction.label === label),
      balancedAccuracy: balancedAccuracy(labelOf),
      kappa: kappa(labelOf)
    },
    window,
    every,
    most: batch
  })
}
