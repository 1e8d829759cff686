import { Command, InvalidArgumentError, Option } from 'commander'
import type { Job } from '../jobs/job.ts'
import { type JobOption, JobOptionError, optionsOf, readOptions } from '../jobs/job-options.ts'
import { UsageError } from './exit.ts'
import { deviceOption, jsonOption, threadsOption, unlessGiven } from './options.ts'
import { jobFolder } from './state-folder.ts'
import { swarmOptions } from './swarm-options.ts'
import { type Until, untilOption } from './until-option.ts'
import { shortPath } from './user-error.ts'

/** What every user's job is given beside its own options. */
export interface JobCommandOptions {
  readonly until?: Until
  readonly json: boolean
  readonly device?: 'auto' | 'webgpu' | 'wasm'
  readonly threads?: number
  readonly state?: string
  /** A line to begin with, for the reader to know. */
  readonly notice?: string | undefined
}

/**
 * `tensair start ./my-job.ts`: a job with its own options; `path` is what it goes by.
 *
 * @throws UsageError where its options cannot be a command line's.
 */
export function jobCommand(path: string, job: Job): Command {
  const command = new Command()
    .name(path)
    .summary('the job of that module')
    .description(job.description ?? `Runs the job ${job.name}.`)
  const own = ownOptions(job, path)
  const common = [
    untilOption(),
    ...(job.model === undefined ? [] : [deviceOption(), threadsOption()]),
    jsonOption(),
    ...swarmOptions(`peer, in ${jobFolder(job.name)}, or the next free of …-2, …-3`).filter(
      // Without a model there are no packs.
      option => job.model !== undefined || option.long !== '--exchange-every'
    )
  ]
  const taken = new Set(['help', ...common.map(option => option.attributeName())])
  for (const { option, name } of own) {
    if (taken.has(name))
      throw new UsageError(
        `${shortPath(path)}: tensair start has an option ${name} of its own; call that of the job something else`
      )
    command.addOption(option)
  }
  for (const option of common) command.addOption(option)
  return command.action(async (values: JobCommandOptions) => {
    const given = Object.fromEntries(
      own
        .map(({ option, name }) => [name, command.getOptionValue(option.attributeName())] as const)
        .filter(([, value]) => value !== undefined)
    )
    const { takeJobOutput } = await import('./job-output.ts')
    const output = await takeJobOutput(job, given, command.getOptionValue('swarm') !== undefined)
    const options = await readOptions(job, output.given).catch(error => {
      throw error instanceof JobOptionError ? new UsageError(`start: ${error.message}`) : error
    })
    const { startJob } = await import('./start-job.ts')
    await startJob(command, job, options, { ...values, notice: output.notice })
  })
}

const PLACEHOLDERS: Readonly<Record<JobOption['kind'], string>> = {
  text: 'text',
  number: 'number',
  whole: 'number',
  boolean: 'true|false',
  any: 'value'
}

function ownOptions(job: Job, path: string): { readonly name: string; readonly option: Option }[] {
  try {
    return optionsOf(job).map(option => ({ name: option.name, option: optionFor(option) }))
  } catch (error) {
    if (!(error instanceof JobOptionError)) throw error
    throw new UsageError(`${shortPath(path)}: ${error.message}`, { cause: error })
  }
}

function optionFor({ name, flag, kind, list, description, choices, required, ...rest }: JobOption): Option {
  const said = description === '' ? name : description
  if (kind === 'boolean' && !list) {
    if (rest.default === true) return unlessGiven(`--no-${flag}`, `turns off: ${said}`, 'on')
    return unlessGiven(`--${flag}`, said, 'off')
  }
  const flags = `--${flag} <${choices === undefined ? PLACEHOLDERS[kind] : 'choice'}>`
  const more = `${said}${choices === undefined ? '' : `: ${choices.join(', ')}`}${list ? '; can be given again' : ''}`
  const rule = rest.default === undefined ? 'none' : JSON.stringify(rest.default)
  const option = required ? new Option(flags, `${more} (required)`) : unlessGiven(flags, more, rule)
  const read = (text: string) => readValue(text, kind, choices)
  const another = (text: string, before: readonly unknown[] = []) => [...before, read(text)]
  return (list ? option.argParser(another) : option.argParser(read)).makeOptionMandatory(required)
}

function readValue(text: string, kind: JobOption['kind'], choices: JobOption['choices']): unknown {
  if (choices !== undefined) {
    const choice = choices.find(value => String(value) === text)
    if (choice === undefined) throw new InvalidArgumentError(`Wanted one of ${choices.join(', ')}.`)
    return choice
  }
  if (kind === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true'
    throw new InvalidArgumentError('Wanted true or false.')
  }
  if (kind === 'text' || kind === 'any') return text
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (kind === 'whole' && !Number.isSafeInteger(value))
    throw new InvalidArgumentError('Wanted a whole number.')
  if (!Number.isFinite(value)) throw new InvalidArgumentError('Wanted a number.')
  return value
}
