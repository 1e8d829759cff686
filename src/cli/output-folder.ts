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
  if (!named && inSwarm) return await (resume ? takeModel() : takeNext())
  await lockOutput('start', '--output', output)
  return { output }
}

async function takeNext(): Promise<OutputFolder> {
  const holder = await lockFolder(DEFAULT_MODEL)
  if (holder === undefined) return { output: DEFAULT_MODEL }
  for (let number = 2; ; number++) {
    const output = `${DEFAULT_MODEL}-${number}`
    if ((await lockFolder(output)) !== undefined) continue
    const who = describeHolder(holder, DEFAULT_MODEL)
    return { output, notice: `${DEFAULT_MODEL} is in use by ${who}; this peer saves in ${output}` }
  }
}

async function takeModel(): Promise<OutputFolder> {
  const inUse: string[] = []
  for (const output of await defaultFolders()) {
    if (!(await hasCheckpoint(fileStore(output)))) continue
    if ((await lockFolder(output)) !== undefined) inUse.push(output)
    else if (output === DEFAULT_MODEL) return { output }
    else return { output, notice: `going on with the model in ${output}` }
  }
  throw new UsageError(
    inUse.length === 0
      ? `start: --resume found no model in ${DEFAULT_MODEL}`
      : `start: --resume found no model that is not in use (${inUse.join(', ')} are); start without it, or give --output`
  )
}

/** The folders in which runs without --output have saved, in the order in which they are taken. */
export async function defaultFolders(): Promise<string[]> {
  const place = dirname(DEFAULT_MODEL)
  const name = basename(DEFAULT_MODEL)
  const names = await readdir(place).catch(() => [])
  return names
    .filter(found => found === name || (found.startsWith(`${name}-`) && /-[1-9]\d*$/.test(found)))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map(found => join(place, found))
}
