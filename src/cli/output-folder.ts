import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { hasCheckpoint } from '../models/checkpoint.ts'
import { fileStore } from '../sinks/file-store.ts'
import { UsageError } from './exit.ts'
import { DEFAULT_MODEL } from './options.ts'
import { describeHolder, lockFolder, lockOutput } from './output-lock.ts'

/** The folder that a run saves in. */
export interface OutputFolder {
  readonly output: string
  /** A line that says which it is, where it is not the one that was to be expected. */
  readonly notice?: string
}

/** What decides which folder it is. */
export interface OutputChoice {
  readonly output: string
  /** Whether the user named it. */
  readonly named: boolean
  readonly inSwarm: boolean
  readonly resume: boolean
}

/**
 * Takes the folder of --output. Peers of one swarm may be started by the same command in the same place: where nobody named
 * a folder, each takes the next that is not in use; to go on, the next that holds a model.
 * @throws UsageError where the folder is in use, or none is left
 */
export async function takeOutput(choice: OutputChoice): Promise<OutputFolder> {
  const { output, named, inSwarm, resume } = choice
  if (!named && inSwarm) return await (resume ? takeModel(output) : takeNext(output))
  await lockOutput('start', '--output', output)
  return { output }
}

async function takeNext(first: string): Promise<OutputFolder> {
  const holder = await lockFolder(first)
  if (holder === undefined) return { output: first }
  for (let number = 2; ; number++) {
    const output = `${first}-${number}`
    if ((await lockFolder(output)) !== undefined) continue
    const who = describeHolder(holder, first)
    return { output, notice: `${first} is in use by ${who}; this peer saves in ${output}` }
  }
}

async function takeModel(first: string): Promise<OutputFolder> {
  const inUse: string[] = []
  for (const output of await defaultFolders(first)) {
    if (!(await hasCheckpoint(fileStore(output)))) continue
    if ((await lockFolder(output)) !== undefined) inUse.push(output)
    else if (output === first) return { output }
    else return { output, notice: `going on with the model in ${output}` }
  }
  throw new UsageError(
    inUse.length === 0
      ? `start: --resume found no model in ${first}`
      : `start: --resume found no model that is not in use (${inUse.join(', ')} are); start without it, or give --output`
  )
}

/** The folders in which runs without --output have saved, in the order in which they are taken: `first` and what peers added to it. */
export async function defaultFolders(first = DEFAULT_MODEL): Promise<string[]> {
  const place = dirname(first)
  const name = basename(first)
  const names = await readdir(place).catch(() => [])
  return names
    .filter(found => found === name || (found.startsWith(`${name}-`) && /-[1-9]\d*$/.test(found)))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map(found => join(place, found))
}
