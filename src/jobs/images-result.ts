import type { ConfusionMatrix } from '../dataflow/confusion-matrix.ts'
import type { ResultEvent } from './images-events.ts'
import type { HeldOut } from './images-held-out.ts'
import type { ImagesModel } from './images-model.ts'

/** The corner of the matrix as a table. */
const CORNER = 'truth \\ predicted'

/** What the run has come to. */
export function resultOf(
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
export async function writeResult(
  { confusion, shown }: HeldOut,
  { store, data }: ImagesModel
): Promise<void> {
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
