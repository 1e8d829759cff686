import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import type { DeviceChoice } from '../../kernels/index.ts'
import type { FlowEndEvent, FlowEvent } from '../jobs/flow-events.ts'
import type { Job } from '../jobs/job.ts'
import type { Computing } from '../jobs/model-device.ts'
import { runJob } from '../jobs/run-job.ts'
import { EXIT, UsageError } from './exit.ts'
import { interruptible } from './interrupt.ts'
import { itemWriter } from './item-writer.ts'
import type { JobCommandOptions } from './job-command.ts'
import { openReporter, type Reporter } from './report.ts'
import { jobFolder, takeState } from './state-folder.ts'
import { swarmChoice } from './swarm-options.ts'
import type { SwarmPeer } from './swarm-peer.ts'
import { count, duration } from './table.ts'
import { boundOf } from './until-option.ts'

/**
 * Runs a user's job and tells of it as the terminal, a log or a program wants it; sets exit code 130 where it was interrupted.
 *
 * @throws UsageError where what was asked for cannot begin, and whatever the job throws.
 */
export async function startJob(
  command: Command,
  job: Job,
  options: Readonly<Record<string, unknown>>,
  { until, json, device, threads, state, notice }: JobCommandOptions
): Promise<void> {
  const place = await swarmChoice(command, jobFolder(job.name))
  if (job.feeds === false && place?.shard === 'feed') {
    throw new UsageError(
      `start: --shard feed gives lines of text to other peers, and ${job.name} reads none; give auto, none or a part as 1/2`
    )
  }
  const reporter = await openReporter(json, true)
  let peer: SwarmPeer | undefined
  const tell = (event: FlowEvent) => {
    reporter.tell(event)
    peer?.tell(event)
  }
  try {
    if (notice !== undefined) tell({ event: 'warning', message: notice })
    if (place !== undefined) {
      const { openSwarmPeer } = await import('./swarm-peer.ts')
      const folder = await takeState(job.name, state)
      const source = (await job.source?.(options)) ?? ''
      const warn = (message: string) => tell({ event: 'warning', message })
      peer = await openSwarmPeer({ ...place, state: folder }, { source }, warn)
      reporter.say(`in swarm ${place.name}; npx tensair peers --state ${folder} shows it`)
    }
    const part = peer?.part
    const stopping = () => reporter.say('stopping; Ctrl-C again ends at once')
    const end = await interruptible(
      signal =>
        runJob({
          job,
          options,
          signal,
          tell,
          emit: itemWriter(job.name, json),
          progressEvery: reporter.everySeconds,
          ...(job.model !== undefined && { computing: computingOn(device, threads) }),
          ...(part !== undefined && { swarm: part }),
          ...(until !== undefined && { until: boundOf(until) })
        }),
      stopping
    )
    if (end.event === 'interrupted') process.exitCode = EXIT.interrupted
    sayEnd(reporter, end)
  } finally {
    reporter.close()
    await peer?.close()
  }
}

/** The devices' code is loaded for the model that asks for one. */
function computingOn(deviceChoice: DeviceChoice = 'auto', threads = availableParallelism()): Computing {
  return {
    deviceChoice,
    threads,
    async openDevice() {
      const { openDevice } = await import('../../kernels/index.ts')
      return (await openDevice(deviceChoice, { threads })).device
    }
  }
}

function sayEnd(reporter: Reporter, { event, items, seconds, itemsPerSecond }: FlowEndEvent): void {
  reporter.say(`${event}: ${count(items)} items in ${duration(seconds)}, ${count(itemsPerSecond)} items/s`)
}
