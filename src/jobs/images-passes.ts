import { pipe } from '../dataflow/pipe.ts'
import { examplesOf } from '../models/image-examples.ts'
import type { Example } from '../models/layers-batch.ts'
import { mix } from '../models/mix.ts'
import type { LabelledImage } from '../sources/images.ts'
import { chunksOf, stream } from '../stream.ts'
import type { Operator } from '../types.ts'
import type { ImagesModel, Place } from './images-model.ts'
import type { ImagesOptions } from './images-options.ts'
import { imagesOf } from './images-shard.ts'
import type { FlowContext } from './job.ts'

/** One pass over this peer's images, as examples. */
export interface EpochPass {
  /** From 1. */
  readonly epoch: number
  readonly examples: AsyncIterable<Example>
}

/** The passes that are still to be made; of the first, what comes after the place where the run begins. */
export function passesOf(context: FlowContext<ImagesOptions, ImagesModel>): EpochPass[] {
  const { options, model } = context
  const { epoch: first, images } = model.begun
  const left = options.mode === 'never' ? 0 : Math.max(0, options.epochs - first + 1)
  return Array.from({ length: left }, (_, i) => ({
    epoch: first + i,
    examples: examplesIn(context, { epoch: first + i, images: i === 0 ? images : 0 })
  }))
}

function examplesIn(
  { model, options, signal, counted, shard, swarm }: FlowContext<ImagesOptions, ImagesModel>,
  { epoch, images }: Place
): AsyncIterable<Example> {
  const { scale, flip, shift } = options
  const seed = mix(mix(options.seed) + epoch)
  return pipe(
    model.data.training(seed, signal),
    after(images),
    swarm === undefined ? all => all : imagesOf(shard),
    counted,
    examplesOf({ scale, flip, shift, seed })
  )
}

/** Leaves out the chunks up to a place, which a run before this one has learned. */
function after(images: number): Operator<LabelledImage, LabelledImage> {
  if (images === 0) return all => all
  return all =>
    stream(async function* () {
      for await (const chunk of chunksOf(all))
        if (chunk.position === undefined || chunk.position.bytes > images) yield chunk
    })
}
