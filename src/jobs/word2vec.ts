import { pipe } from 'it-pipe'
import type { Device } from '../../kernels/index.ts'
import { tokenize } from '../dataflow/tokenize.ts'
import { train } from '../dataflow/train.ts'
import { resumeWord2Vec, word2vec } from '../models/word2vec.ts'
import type { Word2VecOptions } from '../models/word2vec-options.ts'
import type { Word2Vec } from '../models/word2vec-replica.ts'
import type { Replica, Store } from '../types.ts'
import type { EndEvent, JobEvent } from './events.ts'
import { regularly } from './regularly.ts'
import { RunLog } from './run-log.ts'
import { note, placeOf, type Text } from './text.ts'
import { until } from './until.ts'

/** What one run of the job needs to know. */
export interface Word2VecJob {
  readonly device: Device
  /** Where the model is saved, and taken from to go on. */
  readonly store: Store
  readonly text: Text
  /** Of the model; when going on with a saved one, those that must be as they were. */
  readonly options?: Word2VecOptions
  /** Whether to go on with the model in the store. Default false. */
  readonly resume?: boolean
  /** Ends the run after the chunk in which the model has read this many words. Default: the text's end. */
  readonly words?: number
  /** Seconds between two checkpoints. Default 60. */
  readonly checkpointEvery?: number
  /** Seconds between two progress events. Default 1. */
  readonly progressEvery?: number
  /** Interrupts the run; a resumed one goes on exactly as this one would have. */
  readonly signal?: AbortSignal
  readonly tell?: (event: JobEvent) => void
}

/** The text held no words at all, so there is nothing to save. */
export class NoWordsError extends Error {
  override name = 'NoWordsError'
}

/**
 * Trains word vectors on a text: source → tokenize → train, with checkpoints on the way and one at the end.
 *
 * However the run ends, what was trained is saved: if the text breaks off, the model as of its last whole chunk, before the
 * error is thrown. The model stays open, for the caller to ask and to close.
 * @throws NoWordsError, CheckpointError, RangeError for options, and whatever the text, the device and the store throw
 */
export async function runWord2Vec(job: Word2VecJob): Promise<{ model: Word2Vec; end: EndEvent }> {
  const { device, store, text, words = Number.POSITIVE_INFINITY, tell = () => {} } = job
  const opened = performance.now()
  const { model, from } = await openModel(job, message => tell({ event: 'warning', message }))
  const log = new RunLog(model, device.name, opened, tell)
  const save = () => log.save(() => model.save(store))

  const enough = new AbortController()
  const signals = job.signal === undefined ? [enough.signal] : [enough.signal, job.signal]
  const stop = AbortSignal.any(signals)
  let complete = false
  const end = () => {
    complete = true
    enough.abort()
  }
  const replica: Replica<string[]> = {
    async train(chunk) {
      await model.train(chunk)
      if (!log.started && model.counts.batches > 0) log.start(await model.progress())
      if (model.counts.words >= words) end()
    },
    // Draining trains a batch that is not full, which an uninterrupted run would not have done here.
    drain: async () => (complete ? await model.drain() : undefined),
    progress: () => model.progress()
  }
  const ends = [
    // Where the device fails, the flow says so itself.
    regularly(job.progressEvery ?? 1, async () => model.progress().then(log.progress.bind(log), () => {})),
    regularly(job.checkpointEvery ?? 60, async () => {
      if (log.unsaved) await save().catch(error => tell({ event: 'warning', message: error.message }))
    })
  ]
  try {
    const flow = pipe(text.open(from, stop), until<string>(stop, end), tokenize(), train(replica))
    await Promise.race([flow, device.lost.then(error => Promise.reject(error))])
  } catch (error) {
    // Where it was not the flow that failed, it still waits for its source.
    enough.abort()
    // The first error is the one to tell; a model that failed itself refuses to be saved.
    if (log.unsaved) await save().catch(() => {})
    throw error
  } finally {
    await Promise.all(ends.map(end => end()))
  }
  if (model.counts.words === 0 && complete) {
    throw new NoWordsError(`${text.name} has no words; give a text`)
  }
  log.start(await model.progress())
  if (log.unsaved) await save()
  const result = log.end(complete ? 'done' : 'interrupted', await model.loss())
  tell(result)
  return { model, end: result }
}

async function openModel(job: Word2VecJob, warn: (message: string) => void) {
  const { device, store, text, options } = job
  if (job.resume !== true) {
    const model = await word2vec(device, options, warn)
    await note(text, store, 0)
    return { model, from: 0 }
  }
  const { model, position } = await resumeWord2Vec(device, store, options, warn)
  return { model, from: await placeOf(text, store, model.counts.words, position?.bytes ?? 0) }
}
