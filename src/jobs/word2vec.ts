import type { Device } from '../../kernels/index.ts'
import { pipe } from '../dataflow/pipe.ts'
import { tokenize } from '../dataflow/tokenize.ts'
import { train } from '../dataflow/train.ts'
import { resumeWord2Vec, word2vec } from '../models/word2vec.ts'
import type { Word2VecOptions } from '../models/word2vec-options.ts'
import type { Word2Vec } from '../models/word2vec-replica.ts'
import type { Replica, Store, Swarm } from '../types.ts'
import type { EndEvent, JobEvent } from './events.ts'
import { heldOf, noteHeld } from './held.ts'
import { regularly } from './regularly.ts'
import { RunLog } from './run-log.ts'
import { type SwarmPart, takingPart } from './taking-part.ts'
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
  /** Trains with others; left out, alone. */
  readonly swarm?: SwarmPart
}

/** The text held no words at all, so there is nothing to save. */
export class NoWordsError extends Error {
  override name = 'NoWordsError'
}

/**
 * Trains word vectors on a text: source → (shard) → tokenize → train (→ share), with checkpoints on the way and one at the end. Where lines
 * are fed to others, checkpoints do not know how far the text was trained.
 *
 * However the run ends, what was trained is saved: if the text breaks off, the model as of its last whole chunk, before the
 * error is thrown. In a swarm, a run that came to its text's end waits until all peers have; so all have the same in
 * the end. The model stays open, for the caller to ask and to close.
 * @throws NoWordsError, CheckpointError, RangeError for options, and whatever the text, the device and the store throw
 */
export async function runWord2Vec(job: Word2VecJob): Promise<{ model: Word2Vec; end: EndEvent }> {
  const { device, store, text, words = Number.POSITIVE_INFINITY, tell = () => {} } = job
  const opened = performance.now()
  const { model, from } = await openModel(job, message => tell({ event: 'warning', message }))
  const swarm = await job.swarm?.join(
    model,
    agreed(model.options),
    job.resume === true ? await heldOf(store, await model.shared.sharedHash()) : undefined
  )
  const log = new RunLog(model, device.name, opened, tell, swarm)
  const save = () =>
    log.save(() => (swarm === undefined ? model.save(store) : saveShared(model, store, swarm)))

  const enough = new AbortController()
  const signals = job.signal === undefined ? [enough.signal] : [enough.signal, job.signal]
  const stop = AbortSignal.any(signals)
  const lost = [device.lost, ...(swarm === undefined ? [] : [swarm.lost])]
  const failed = Promise.race(lost).then(error => Promise.reject(error))
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
    const begin = swarm === undefined ? from : await placeInSwarm(job, swarm, from)
    const { shard, share } = takingPart(job.swarm, swarm, { finished: () => complete }, stop)
    const flow = pipe(
      text.open(begin, stop),
      shard,
      until<string>(stop, end),
      tokenize(),
      train(share(replica))
    )
    await Promise.race([flow, failed])
    if (complete && swarm !== undefined) {
      log.wait()
      await Promise.race([swarm.settled(job.signal ?? NEVER), failed])
    }
  } catch (error) {
    // Where it was not the flow that failed, it still waits for its source.
    enough.abort()
    // The first error is the one to tell; a model that failed itself refuses to be saved.
    if (log.unsaved) await save().catch(() => {})
    throw error
  } finally {
    await Promise.all(ends.map(end => end()))
    await swarm?.leave()
  }
  if (model.counts.words === 0 && complete && swarm === undefined) {
    throw new NoWordsError(`${text.name} has no words; give a text`)
  }
  log.start(await model.progress())
  if (log.unsaved || swarm !== undefined) await save()
  const hash = swarm === undefined ? undefined : await model.shared.sharedHash()
  const result = log.end(complete ? 'done' : 'interrupted', await model.loss(), hash)
  tell(result)
  return { model, end: result }
}

function saveShared(model: Word2Vec, store: Store, swarm: Swarm): Promise<void> {
  return swarm.alone(async () => {
    await model.save(store)
    await noteHeld(store, await model.shared.sharedHash(), swarm.held)
  })
}

const NEVER = new AbortController().signal

// How long a peer that shares its text waits for the others, to begin where they are.
const MEETING_MS = 1000

/** The options that must be the same at all peers; room and random numbers may differ. */
function agreed({ capacity, seed, expectedWords, ...options }: Word2Vec['options']): Record<string, unknown> {
  return { model: 'word2vec', ...options }
}

/** Where a peer begins that shares its text with others: what is behind all of them has been trained. */
async function placeInSwarm(
  { swarm: choice, text }: Word2VecJob,
  swarm: Swarm,
  from: number
): Promise<number> {
  const { shard: way = 'auto', source = '' } = choice ?? {}
  if (way !== 'auto' || source === '' || !text.resumable || from > 0) return from
  const until = performance.now() + MEETING_MS
  while (performance.now() < until) {
    const others = swarm.status().members.filter(({ peer }) => peer !== swarm.peer)
    if (swarm.status().links.length > 0 && others.length > 0) {
      const places = others.filter(other => other.source === source).map(other => other.position)
      return places.length > 0 ? Math.min(...places) : from
    }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  return from
}

async function openModel(job: Word2VecJob, warn: (message: string) => void) {
  const { device, store, text } = job
  const options = { ...job.options, shared: job.swarm !== undefined }
  if (job.resume !== true) {
    const model = await word2vec(device, options, warn)
    await note(text, store, 0)
    return { model, from: 0 }
  }
  const { model, position } = await resumeWord2Vec(device, store, options, warn)
  return { model, from: await placeOf(text, store, model.counts.words, position?.bytes ?? 0) }
}
