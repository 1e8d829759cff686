import type { Example } from '../models/layers-batch.ts'
import type { LayersOptimizer } from '../models/layers-optimizer.ts'
import type { LayersProgress, LayersReplica } from '../models/layers-replica.ts'
import { constantRate, cosineRate, type RateSchedule, stepDecay, warmedUp } from '../models/schedule.ts'
import type { AdaptableReplica } from '../types.ts'
import type { Place } from './images-model.ts'
import type { ImagesOptions } from './images-options.ts'

const RATES: Readonly<Record<LayersOptimizer['kind'], number>> = { adam: 0.001, momentum: 0.02, sgd: 0.1 }

/** The optimiser that the options name, at their rate. */
export function optimizerOf({
  optimizer: kind,
  rate = RATES[kind]
}: Pick<ImagesOptions, 'optimizer' | 'rate'>) {
  return { kind, rate }
}

/** The course of the rate by images read, of which an epoch has `images`, whoever reads them. */
export function rateCourse(options: ImagesOptions, images: number): RateSchedule {
  const { rate } = optimizerOf(options)
  const rise = Math.min(options.warmUp, options.epochs)
  return warmedUp(courseAfter(options, rate, images, (options.epochs - rise) * images), rise * images)
}

function courseAfter(
  { schedule, decay, decayEvery }: ImagesOptions,
  rate: number,
  images: number,
  length: number
): RateSchedule {
  switch (schedule) {
    case 'constant':
      return constantRate(rate)
    case 'step':
      return stepDecay(rate, { every: decayEvery * images, factor: decay })
    case 'cosine':
      return cosineRate(rate, Math.max(1, length))
  }
}

/** A network's replica as a flow trains it. */
export interface RatedReplica extends AdaptableReplica<Example, Float32Array> {
  progress(): Promise<LayersProgress>
}

/**
 * A replica whose rate follows the course, from chunk to chunk: by how far its passes over `images` have come, as the chunks'
 * positions say, since a peer of a swarm learns only some of them. It begins at a place.
 */
export function rated(
  replica: LayersReplica,
  course: RateSchedule,
  images: number,
  begun: Place
): RatedReplica {
  let passes = begun.epoch - 1
  let share = begun.images / images
  return {
    async train(chunk) {
      replica.rate(course((passes + share) * images))
      const { share: now = share } = chunk.position ?? {}
      if (chunk.position !== undefined && now <= share) passes++
      share = now
      await replica.train(chunk)
    },
    drain: () => replica.drain(),
    progress: () => replica.progress(),
    predict: inputs => replica.predict(inputs),
    boost: factor => replica.boost(factor),
    resetHead: () => replica.resetHead()
  }
}
