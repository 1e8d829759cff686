import type { ConfusionMatrix } from '../dataflow/confusion-matrix.ts'
import type { Chunk } from '../types.ts'
import type { ResultEvent } from './images-events.ts'
import { type HeldOut, testHeldOut } from './images-held-out.ts'
import type { ImagesModel } from './images-model.ts'
import type { ImagesOptions } from './images-options.ts'
import type { FinishContext } from './job.ts'

/** The corner of the matrix as a table. */
const CORNER = 'truth \\ predicted'

/** Ends a run: saves the network, which is the whole swarm's now, and unless the run was interrupted tests it and says how it does. */
export async function* concluded({
  options,
  model,
  swarm,
  signal
}: FinishContext<ImagesOptions, ImagesModel>): AsyncGenerator<Chunk<ResultEvent>> {
  if (options.mode !== 'never') await model.save(swarm)
  if (signal.aborted) return
  const heldOut = model.tested ?? (await testHeldOut(model.replica, model.data, options, signal))
  // A test that was broken off says nothing.
  if (signal.aborted) return
  await writeResult(heldOut, model)
  yield [resultOf(heldOut, model.data)]
}

function resultOf(
  { loss, confusion, shown }: HeldOut,
  { classes, skipped }: ImagesModel['data']
): ResultEvent {
  return {
    type: 'result',
    images: confusion.total,
    loss,
    accuracy: confusion.accuracy,
    classes,
    confusion: classes.map((_, truth) => classes.map((_, predicted) => confusion.count(truth, predicted))),
    samples: shown.map(({ image: { name, label }, predicted, probability }) => ({
      ...(name !== undefined && { name }),
      label: classes[label],
      predicted: classes[predicted],
      probability
    })),
    skipped
  }
}

/** Writes the confusion matrix as `confusion.csv`, a row for each true class, and the predictions to be shown as `samples.png`. */
async function writeResult({ confusion, shown }: HeldOut, { store, data }: ImagesModel): Promise<void> {
  // Not at the top: what writes files needs Node.
  const { csvFile } = await import('../sinks/file-csv.ts')
  const { imageSheet } = await import('../sinks/file-image-sheet.ts')
  const { classes } = data
  // A file that is there is added to.
  await store.remove('confusion.csv')
  await csvFile(`${store.place}/confusion.csv`, { columns: [CORNER, ...classes] })(rowsOf(confusion))
  if (shown.length === 0) return
  await imageSheet(`${store.place}/samples.png`, { limit: shown.length })(
    each(
      shown.map(({ image, predicted }) => ({
        ...image,
        truth: classes[image.label],
        predicted: classes[predicted]
      }))
    )
  )
}

async function* rowsOf(confusion: ConfusionMatrix): AsyncGenerator<Record<string, string | number>> {
  for (const [truth, name] of confusion.classes.entries()) {
    const counts = confusion.classes.map(
      (one, predicted) => [one, confusion.count(truth, predicted)] as const
    )
    yield { [CORNER]: name, ...Object.fromEntries(counts) }
  }
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items
}
