import {
  type LabelledText,
  type TextClass,
  type TextClassifier,
  textClassifier
} from '../models/text-classifier.ts'
import { chunksOf, stream } from '../stream.ts'
import type { AdaptableReplica, Operator, Replica } from '../types.ts'
import type { JobModel } from './job.ts'
import type { SentimentOptions } from './sentiment-options.ts'

/** The job's model. */
export interface SentimentModel extends JobModel {
  readonly classifier: TextClassifier
}

export async function openSentimentModel({ labels, seed }: SentimentOptions): Promise<SentimentModel> {
  const classifier = textClassifier({ classes: labels, seed })
  return {
    classifier,
    // Not before a swarm asks for it: it takes as much memory again.
    get shared() {
      return classifier.shared
    },
    async close() {}
  }
}

/** The classifier, trained by way of `shared`, which lets out now and then what was learned. Draining that lets out all, and is for the end. */
export function sharing(
  classifier: TextClassifier,
  shared: Replica<LabelledText>
): AdaptableReplica<LabelledText, TextClass> {
  return {
    predict: texts => classifier.predict(texts),
    train: chunk => shared.train(chunk),
    drain: () => classifier.drain(),
    progress: () => classifier.progress(),
    boost: factor => classifier.boost(factor),
    resetHead: () => classifier.resetHead()
  }
}

/** Does something when a stream ends or its reader stops, before that is told. */
export function atEnd<Item>(act: () => Promise<unknown>): Operator<Item, Item> {
  return items =>
    stream(async function* () {
      try {
        yield* chunksOf(items)
      } finally {
        await act()
      }
    })
}
