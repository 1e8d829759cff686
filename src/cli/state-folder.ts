import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { lockFolder, lockOutput } from './output-lock.ts'
import { stateFolder } from './swarm-options.ts'

const JOBS = '.tensair/jobs'

/** The folder of a user's job, in which its peer keeps its state unless told otherwise. */
export function jobFolder(job: string): string {
  return `${JOBS}/${job}`
}

/** The folders of all users' jobs that were started here. */
export async function jobFolders(): Promise<string[]> {
  const names = await readdir(JOBS).catch(() => [])
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).map(name => join(JOBS, name))
}

/**
 * Takes the folder of a peer's state for this process: the one that was named, or that of the job. Peers of one swarm may be
 * started by the same command in the same place: each takes the next of …, …-2, …-3 that is not in use.
 *
 * @throws UsageError where the folder that was named is in use, or none can be written in.
 */
export async function takeState(job: string, named: string | undefined): Promise<string> {
  if (named !== undefined) {
    await lockOutput('start', '--state', named)
    return named
  }
  for (let number = 1; ; number++) {
    const folder = number === 1 ? jobFolder(job) : `${jobFolder(job)}-${number}`
    if ((await lockFolder(folder)) === undefined) return stateFolder(folder)
  }
}
