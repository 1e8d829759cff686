import { type Adaptation, adapt } from '../dataflow/adapt.ts'
import { balancedAccuracy, kappa } from '../dataflow/class-metrics.ts'
import { map } from '../dataflow/map.ts'
import { accuracy } from '../dataflow/metrics.ts'
import { pipe } from '../dataflow/pipe.ts'
import { replay } from '../dataflow/replay.ts'
import { type SwarmAlarms, swarmAlarms } from '../dataflow/swarm-alarms.ts'
import { convergence } from '../drift/convergence.ts'
import { newDetector } from '../drift/open.ts'
import type { LabelledText, TextClass, TextClassifier } from '../models/text-classifier.ts'
import type { AdaptableReplica } from '../types.ts'
import { defineJob } from './job.ts'
import { type Figure, sentimentEvents } from './sentiment-events.ts'
import { atEnd, openSentimentModel, sharing } from './sentiment-model.ts'
import { type SentimentOptions, sentimentOptions } from './sentiment-options.ts'
import { swapping } from './sentiment-swap.ts'
import { ownTweets, type Tweet, tweetsName, tweetsOf } from './sentiment-tweets.ts'

/** Predicts the sentiment of tweets as they come, learns them at the start and after a drift, and tells how well; in a swarm, with one model. */
export const sentiment = defineJob({
  name: 'sentiment',
  description:
    'The sentiment of tweets: each is predicted, then learned while the model is new or the world has changed; figures over the last ones, drifts, and when it trains. In a swarm the peers share the model, and an alarm of one makes all adapt.',
  options: sentimentOptions,
  // What a label or a row of the model stands for.
  agree: ({ labels, seed }) => ({ labels: labels.join(), seed }),
  source: tweetsName,
  model: ({ options }) => openSentimentModel(options),
  flow({ options, model: { classifier }, swarm, signal, counted, share, shard, warn }) {
    const alarms = swarm && swarmAlarms(swarm, { rule: options.alarms })
    const shared = share(classifier)
    const adaptation = adaptationOf(options, sharing(classifier, shared), classifier, alarms)
    const tweets = tweetsOf(options, signal, warn)
    const time = ({ time = 0 }: Tweet) => time
    const paced =
      options.replay === undefined ? tweets : replay({ time, speed: options.replay, signal })(tweets)
    const swapped = map(swapping(options.labels, options.swapAt, options.swapTopic))(paced)
    const own = swarm === undefined ? swapped : ownTweets(shard)(swapped)
    return pipe(
      own,
      counted,
      adaptation,
      items => sentimentEvents(items, adaptation, options.predictions, alarms),
      atEnd(async () => {
        await alarms?.close()
        await shared.drain()
      })
    )
  }
})

function adaptationOf(
  { mode, detector, reset, window, every, batch }: SentimentOptions,
  model: AdaptableReplica<LabelledText, TextClass>,
  classifier: TextClassifier,
  alarms: SwarmAlarms | undefined
): Adaptation<Tweet, TextClass, Figure> {
  const labelOf = ({ label }: TextClass) => label
  return adapt<Tweet, TextClass, string, Figure>(model, {
    truth: ({ label }) => label,
    loss: (prediction, label) => classifier.loss(prediction, label),
    error: (prediction, label) => Number(prediction.label !== label),
    detector: newDetector(detector),
    convergence: convergence(),
    mode,
    ...(alarms !== undefined && { alarms }),
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
