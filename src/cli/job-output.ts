import type { Job } from '../jobs/job.ts'
import { optionsOf } from '../jobs/job-options.ts'
import { takeOutput } from './output-folder.ts'

/** A job's options as they were given, with the folder in which it saves. */
export interface JobOutput {
  readonly given: Readonly<Record<string, unknown>>
  /** A line that says which folder it is, where it is not the one that was to be expected. */
  readonly notice?: string
}

/**
 * Takes the folder that a job saves in for this process, where the job says which of its options names that.
 *
 * @throws UsageError where the folder is in use, or none is left.
 */
export async function takeJobOutput(
  job: Job,
  given: Readonly<Record<string, unknown>>,
  inSwarm: boolean
): Promise<JobOutput> {
  const { output: name } = job
  if (name === undefined) return { given }
  const option = optionsOf(job).find(option => option.name === name)
  const wanted = given[name] ?? option?.default
  if (typeof wanted !== 'string') return { given }
  const named = given[name] !== undefined
  const { output, notice } = await takeOutput({
    output: wanted,
    named,
    inSwarm,
    resume: given.resume === true
  })
  return { given: { ...given, [name]: output }, ...(notice !== undefined && { notice }) }
}
