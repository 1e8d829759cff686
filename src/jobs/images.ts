import { convergence } from '../drift/convergence.ts'
import { stream } from '../stream.ts'
import type { Chunk } from '../types.ts'
import { openChoice } from './detector-option.ts'
import { trainedWhenNeeded } from './images-adapting.ts'
import type { ImagesEvent } from './images-events.ts'
import { testHeldOut } from './images-held-out.ts'
import type { ImagesModel } from './images-model.ts'
import { type ImagesOptions, imagesOptions } from './images-options.ts'
import { type EpochPass, passesOf } from './images-passes.ts'
import { rateCourse, rated } from './images-rate.ts'
import { concluded } from './images-result.ts'
import { serveImages } from './images-serving.ts'
import { Account, alwaysTrained, type Pass } from './images-training.ts'
import { defineJob, type FlowContext } from './job.ts'

/** Trains a network on labelled images, epoch by epoch, and tests it with images held out. */
export const images = defineJob({
  name: 'images',
  description:
    'Classes of images: trains a network on a folder of them, tests it after each epoch with images held out, saves it then, at the end and on Ctrl-C, and at the end its confusion matrix and sample predictions, too.',
  options: imagesOptions,
  output: 'output',
  feeds: false,
  agree: ({ scale }) => ({ scale }),
  source: sourceOf,
  // Loads TensorFlow.js.
  model: async context => (await import('./images-model.ts')).openImagesModel(context),
  flow(context) {
    // All at once: what is to be counted must be known before the flow is read.
    const passes = passesOf(context)
    return stream(() => run(context, passes))
  },
  finish: context => stream(() => concluded(context))
})

/** Peers with the same classes and as many images share these. */
async function sourceOf({ data }: ImagesOptions): Promise<string> {
  const { openImages } = await import('../sources/file-images.ts')
  const { classes, length } = await openImages(data)
  return `images ${length} ${classes.join(',')}`
}

async function* run(
  context: FlowContext<ImagesOptions, ImagesModel>,
  passes: readonly EpochPass[]
): AsyncGenerator<Chunk<ImagesEvent>> {
  const { options, model } = context
  const { classes, shape, length: training } = model.data
  const { name, weights, trained } = model.network
  yield [{ type: 'data', classes, ...shape, training, network: name, weights, trained }]
  const account = new Account(model.begun.learned)
  const serving = await serveImages(model, options, () => account.images)
  try {
    if (serving !== undefined) yield [{ type: 'serving', url: serving.url }]
    yield* learn(context, passes, account)
  } finally {
    await serving?.close()
  }
}

async function* learn(
  context: FlowContext<ImagesOptions, ImagesModel>,
  passes: readonly EpochPass[],
  account: Account
): AsyncGenerator<Chunk<ImagesEvent>> {
  const { options, model, swarm, signal } = context
  const isConverged = convergedBy(options)
  const pass = trainingOf(context)
  for (const { epoch, examples } of passes) {
    account.begin(epoch)
    model.epoch = epoch
    model.tested = undefined
    for await (const event of pass(examples, account)) yield [event]
    // A pass that was broken off says nothing, and there is no time to test.
    if (signal.aborted) return
    const { images, seconds, figures } = account
    const heldOut = await testHeldOut(model.replica, model.data, options, signal)
    if (signal.aborted) return
    // What a swarm comes to is known when all have ended.
    if (swarm === undefined) model.tested = heldOut
    const { loss, confusion } = heldOut
    const tested = { images: confusion.total, loss, accuracy: confusion.accuracy }
    yield [{ type: 'epoch', epoch, images, seconds, ...figures, heldOut: tested }]
    await model.save(swarm)
    if (!isConverged(loss)) continue
    yield [{ type: 'converged', epoch }]
    return
  }
}

/** How the examples of an epoch are trained. */
function trainingOf({ options, model, share }: FlowContext<ImagesOptions, ImagesModel>): Pass {
  const { data, begun } = model
  const replica = share(rated(model.replica, rateCourse(options, data.length), data.length, begun))
  if (options.mode !== 'when-needed') return alwaysTrained(replica)
  const { batch, detector, convergeOver: epoch, convergeWithin: tolerance } = options
  return trainedWhenNeeded(replica, {
    batch,
    detector: openChoice(detector),
    convergence: convergence({ epoch, tolerance }),
    trained: options.model !== undefined
  })
}

/** Whether the held-out loss of an epoch is as those of as many epochs before as the patience says. */
function convergedBy({ patience, tolerance }: ImagesOptions): (loss: number) => boolean {
  if (patience === undefined) return () => false
  const rule = convergence({ epoch: 1, epochs: patience + 1, tolerance })
  return loss => rule.update(loss)
}
