import { DeviceLostError, openDevice } from '../../kernels/index.ts'
import type { EndEvent } from '../jobs/events.ts'
import type { Text } from '../jobs/text.ts'
import { NoWordsError, runWord2Vec } from '../jobs/word2vec.ts'
import { CheckpointError, hasCheckpoint } from '../models/checkpoint.ts'
import type { Word2VecOptions } from '../models/word2vec-options.ts'
import { fileStore } from '../sinks/file-store.ts'
import { SourceError } from '../sources/source-error.ts'
import { EXIT, UsageError } from './exit.ts'
import { interruptible } from './interrupt.ts'
import { openReporter, type Reporter } from './report.ts'
import type { SwarmChoice } from './swarm-options.ts'
import type { SwarmPeer } from './swarm-peer.ts'
import { count, duration } from './table.ts'

/** What `start` and `demo` ask for. */
export interface Training {
  /** The command, for messages. */
  readonly name: string
  readonly text: Text
  readonly model: Word2VecOptions
  readonly output: string
  readonly resume: boolean
  readonly overwrite: boolean
  readonly device: 'auto' | 'webgpu' | 'wasm'
  readonly threads: number
  readonly words?: number
  readonly checkpointEvery: number
  readonly json: boolean
  /** Trains with others; left out, alone. */
  readonly swarm?: SwarmChoice
  /** A line to begin with, for the reader to know. */
  readonly notice?: string
  /** Ends the run early, and saves. Default: Ctrl-C and its like do. */
  readonly stop?: AbortSignal
}

/**
 * Trains a model and tells of it as the terminal, a log or a program wants it; sets exit code 130 where it was interrupted.
 * @throws UsageError where what was asked for cannot begin
 */
export async function trainModel(training: Training): Promise<EndEvent> {
  const { name, text, output, resume } = training
  const store = fileStore(output)
  const found = await hasCheckpoint(store)
  if (resume && !found) throw new UsageError(`${name}: --resume found no model in ${output}`)
  if (found && !resume && !training.overwrite) {
    throw new UsageError(
      `${name}: there is a model in ${output}; go on with it (--resume), replace it (--overwrite), or give another --output`
    )
  }
  const reporter = await openReporter(training.json)
  if (training.notice !== undefined) reporter.tell({ event: 'warning', message: training.notice })
  const { device } = await openDevice(training.device, { threads: training.threads })
  let begun = false
  let peer: SwarmPeer | undefined
  try {
    if (training.swarm !== undefined) {
      const { openSwarmPeer } = await import('./swarm-peer.ts')
      const warn = (message: string) => reporter.tell({ event: 'warning', message })
      peer = await openSwarmPeer(training.swarm, text, warn)
    }
    const part = peer?.part
    const run = (signal: AbortSignal) =>
      runWord2Vec({
        device,
        store,
        text,
        resume,
        signal,
        options: training.model,
        checkpointEvery: training.checkpointEvery,
        progressEvery: reporter.everySeconds,
        ...(training.words !== undefined && { words: training.words }),
        ...(part !== undefined && { swarm: part }),
        tell: event => {
          begun ||= event.event === 'started'
          reporter.tell(event)
          peer?.tell(event)
        }
      })
    const stopping = () => reporter.say('stopping and saving; Ctrl-C again ends at once')
    const { model, end } = await (training.stop === undefined
      ? interruptible(run, stopping)
      : run(training.stop))
    if (end.event === 'interrupted') process.exitCode = EXIT.interrupted
    sayEnd(reporter, training, end)
    reporter.close()
    await model.close()
    return end
  } catch (error) {
    reporter.close()
    if (error instanceof DeviceLostError && (await hasCheckpoint(store))) {
      throw new Error(`${error.message}; the last checkpoint is in ${output}, --resume goes on from it`, {
        cause: error
      })
    }
    throw begun ? error : asUsage(error)
  } finally {
    await peer?.close()
    await device.close()
  }
}

/** What goes wrong before the first word is trained is a matter of what was asked for. */
function asUsage(error: unknown): unknown {
  const usage =
    error instanceof SourceError ||
    error instanceof CheckpointError ||
    error instanceof RangeError ||
    error instanceof NoWordsError
  return usage ? new UsageError(error.message, { cause: error }) : error
}

function sayEnd(reporter: Reporter, { output }: Training, end: EndEvent): void {
  const pace = `${count(end.runWords)} words in ${duration(end.seconds)}, ${count(end.wordsPerSecond)} words/s`
  const loss = end.loss === undefined ? '' : `, loss ${end.loss.toFixed(3)}`
  const what = end.event === 'done' ? 'done' : 'interrupted'
  reporter.say(
    `${what}: ${pace}${loss}, vocabulary ${end.vocabulary.toLocaleString('en-US')}; saved in ${output}`
  )
}
