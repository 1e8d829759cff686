import { chunksOf } from '../stream.ts'
import type { Chunk, Swarm } from '../types.ts'
import { Counter } from './counter.ts'
import type { FlowEndEvent, FlowEvent } from './flow-events.ts'
import { FlowLog } from './flow-log.ts'
import type { Job, JobModel } from './job.ts'
import { type Computing, ModelDevice } from './model-device.ts'
import { regularly } from './regularly.ts'
import { type Bound, mostItems, runFlow, streamOf } from './run-flow.ts'
import { type SwarmPart, takingPart } from './taking-part.ts'

/** What one run of a user's job needs to know. */
export interface JobRun {
  readonly job: Job
  /** As the job's schema gives them. */
  readonly options: Readonly<Record<string, unknown>>
  /** For the job's model; a job without one needs none. */
  readonly computing?: Computing
  /** Runs with others; left out, alone. */
  readonly swarm?: SwarmPart
  /** Default: the flow's own end. */
  readonly until?: Bound
  /** Interrupts the run. */
  readonly signal: AbortSignal
  /** Takes what the flow emits; the next chunk is read when it resolves. */
  readonly emit: (items: Chunk<unknown>) => Promise<void>
  readonly tell: (event: FlowEvent) => void
  /** Seconds between two progress events. Default 1. */
  readonly progressEvery?: number
  /** As in `runFlow`. Default 10. */
  readonly patience?: number
}

/** What a user reads where peers have different ones. */
const FIRST_WEIGHTS = 'network, first weights (see seeded())'

/**
 * Runs a user's job: opens its model, joins the swarm, reads its flow to the end, to the bound, or until it is interrupted, and
 * closes everything. In a swarm with a model, a flow that was not interrupted then waits until those of all peers are over, so
 * that all end with the same model.
 *
 * @throws whatever the job's functions, what they read and write, the device and the swarm throw.
 */
export async function runJob(run: JobRun): Promise<FlowEndEvent> {
  const { job, options, signal, tell } = run
  const opened = performance.now()
  const warn = (message: string) => tell({ event: 'warning', message })
  let model: JobModel | undefined
  let device: ModelDevice | undefined
  try {
    if (job.model !== undefined) {
      if (run.computing === undefined)
        throw new TypeError(`${job.name}: its model wants something to compute with; got none`)
      device = new ModelDevice(run.computing.openDevice)
      const context = { ...run.computing, openDevice: device.open }
      model = await job.model({ ...context, options, shared: run.swarm !== undefined, warn })
    }
    const swarm = await run.swarm?.join(model, agreed(job, options, model), model?.held)
    const failed = failure(device?.lost, swarm?.lost)
    const enough = new AbortController()
    const counter = new Counter(mostItems(run.until), () => enough.abort())
    const log = new FlowLog(job.name, opened, () => counter.items, tell, swarm)
    const ends = AbortSignal.any([signal, enough.signal])
    const context = {
      ...{ options, model, swarm, warn, signal: ends, counted: counter.counted },
      ...takingPart(run.swarm, swarm, { over: ends, interval: model?.shared.packEvery })
    }
    let interrupted = false
    const endProgress = regularly(run.progressEvery ?? 1, async () => log.progress())
    try {
      log.start()
      await Promise.race([runFlow({ ...run, context, counter, enough }), failed])
      interrupted = signal.aborted
      log.ended()
      if (model !== undefined && swarm !== undefined) {
        await letOut(swarm, !interrupted)
        if (!interrupted) {
          log.wait()
          await Promise.race([swarm.settled(signal), failed])
        }
      }
    } finally {
      // Where it was not the flow that failed, it still waits for what it reads.
      enough.abort()
      await endProgress()
      await swarm?.leave()
    }
    if (!interrupted && swarm !== undefined) await model?.shared.settle?.()
    const last = await streamOf(job.finish?.({ options, model, swarm, signal }))
    if (last !== undefined) for await (const chunk of chunksOf(last)) await run.emit(chunk)
    const end = log.end(interrupted ? 'interrupted' : 'done', swarm && (await model?.shared.sharedHash()))
    tell(end)
    return end
  } finally {
    await model?.close()
    await device?.close()
  }
}

/** What others must have the same; tables that differ could not be exchanged, and changes are to values that all began with. */
function agreed(
  job: Job,
  options: Readonly<Record<string, unknown>>,
  model: JobModel | undefined
): Record<string, unknown> {
  const shapes = (model?.shared.tables ?? []).flatMap(({ name, dim, unit }) => [
    [`${name}.dim`, dim],
    [`${name}.unit`, unit]
  ])
  const fingerprint = model?.shared.fingerprint
  return {
    job: job.name,
    ...Object.fromEntries(shapes),
    ...job.agree?.(options),
    ...(fingerprint !== undefined && { [FIRST_WEIGHTS]: fingerprint })
  }
}

/** Lets out what was trained and not packed yet, and says whether this peer has finished. */
async function letOut(swarm: Swarm, finished: boolean): Promise<void> {
  await swarm.exchange(true)
  const self = swarm.status().members.find(({ peer }) => peer === swarm.peer)
  swarm.report({ words: self?.words ?? 0, position: self?.position ?? 0, finished })
}

/** Rejects when one of those that there are is lost. */
function failure(...lost: readonly (Promise<Error> | undefined)[]): Promise<never> {
  return Promise.race(lost.filter(one => one !== undefined)).then(error => Promise.reject(error))
}
