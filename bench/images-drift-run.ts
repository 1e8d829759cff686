import { openTensorflow } from '../kernels/tensorflow.ts'
import { pipe } from '../src/dataflow/pipe.ts'
import { convergence } from '../src/drift/convergence.ts'
import { openChoice } from '../src/jobs/detector-option.ts'
import { trainedWhenNeeded } from '../src/jobs/images-adapting.ts'
import type { AdaptingEvent } from '../src/jobs/images-events.ts'
import { testHeldOut } from '../src/jobs/images-held-out.ts'
import type { ImagesOptions } from '../src/jobs/images-options.ts'
import { Account } from '../src/jobs/images-training.ts'
import { examplesOf } from '../src/models/image-examples.ts'
import { layersInThread } from '../src/models/layers-thread.ts'
import { newNetwork } from '../src/models/networks.ts'
import type { NetworkName } from '../src/models/networks-names.ts'
import { BATCH, CLASSES, courseData, type DrawnCourse } from './images-drift-course.ts'
import type { DriftImages } from './images-drift-data.ts'

export interface CourseOptions
  extends DrawnCourse,
    Pick<ImagesOptions, 'detector' | 'convergeOver' | 'convergeWithin'> {
  readonly images: DriftImages
  readonly network: NetworkName
  readonly threads: number
}

export interface CourseEpoch {
  readonly type: 'epoch'
  readonly epoch: number
  /** Of images before they were learned. */
  readonly loss: number
  readonly accuracy: number
  /** Of images that were never learned, with the labels that hold then. */
  readonly heldOut: number
  /** Since the start of the course. */
  readonly seconds: number
}

const never = new AbortController().signal

/** Takes a new network through the course as the job `images` does with `--mode when-needed`. */
export async function* runCourse(options: CourseOptions): AsyncGenerator<AdaptingEvent | CourseEpoch> {
  const { images, network, seed, threads, segments, epochs } = options
  await openTensorflow({ threads: 1 })
  const model = newNetwork(network, images.shape, CLASSES, seed)
  const replica = await layersInThread({
    model,
    loss: 'sparseCategoricalCrossentropy',
    optimizer: { kind: 'adam', rate: 0.001 },
    batch: BATCH,
    threads
  })
  model.dispose()
  const pass = trainedWhenNeeded(replica, {
    batch: BATCH,
    detector: openChoice(options.detector),
    convergence: convergence({ epoch: options.convergeOver, tolerance: options.convergeWithin }),
    trained: false
  })
  const data = courseData(images, options)
  const account = new Account(0)
  const begun = performance.now()
  for (let epoch = 1; epoch <= segments * epochs; epoch++) {
    account.begin(epoch)
    for await (const event of pass(pipe(data.training(seed, never), examplesOf()), account))
      if (event.type === 'drift' || event.type === 'training' || event.type === 'stable') yield event
    const { loss = Number.NaN, accuracy = Number.NaN } = account.figures ?? {}
    const { confusion } = await testHeldOut(replica, data, { scale: 'unit', samples: 0, seed }, never)
    yield {
      ...{ type: 'epoch', epoch, loss, accuracy, heldOut: confusion.accuracy },
      seconds: (performance.now() - begun) / 1000
    }
  }
  await replica.close()
}
