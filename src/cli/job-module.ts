// A user's job, loaded from its module.

import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { checkJob, type Job } from '../jobs/job.ts'
import { describe, UsageError } from './exit.ts'
import { isUsersFile, placeIn, placeOf, shortPath } from './user-error.ts'

// A user's function may be called from deep inside the flow.
const STACK_FRAMES = 50

/**
 * The job that a module exports as its default. In the module and what it imports, `tensair` is this very installation.
 *
 * @throws UsageError of one line, with the place in the user's file, where it cannot be loaded or exports no job.
 */
export async function loadJob(name: string): Promise<Job> {
  const path = resolve(name)
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    throw new UsageError(`start: there is no file ${path}; give the module of a job`)
  Error.stackTraceLimit = STACK_FRAMES
  const seen = new Set<string>([path])
  resolveForUsers(path, seen)
  let module: { readonly default?: unknown }
  try {
    module = await import(pathToFileURL(path).href)
  } catch (error) {
    if (error instanceof UsageError) throw error
    const place = placeOf(error) ?? parsedPlace(error, seen) ?? shortPath(path)
    throw new UsageError(`${place}: ${describe(error)}`, { cause: error })
  }
  try {
    checkJob(module.default)
    return module.default
  } catch (error) {
    throw new UsageError(
      `${shortPath(path)}: its default export must be a job (export default defineJob({ … })): ${describe(error)}`,
      { cause: error }
    )
  }
}

/** Resolves what a user's files import; the paths of those that are found are added to `seen`. */
function resolveForUsers(entry: string, seen: Set<string>): void {
  const fromSource = import.meta.url.endsWith('.ts')
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'tensair' || specifier.startsWith('tensair/')) {
        // Its own name, said from inside: found whether the user's project has it or not.
        const conditions = fromSource ? [...context.conditions, 'tensair-source'] : context.conditions
        return placed(specifier, context.parentURL, () =>
          next(specifier, { ...context, conditions, parentURL: import.meta.url })
        )
      }
      const found = placed(specifier, context.parentURL, () => next(specifier, context))
      if (!found.url.startsWith('file:')) return found
      const path = fileURLToPath(found.url)
      if (!isUsersFile(path)) return found
      seen.add(path)
      // Where no package.json says what they are, Node would have to guess, and would say so.
      const format = path.endsWith('.ts') ? 'module-typescript' : path === entry ? 'module' : found.format
      return { ...found, format: found.format ?? format }
    }
  })
}

/** Says where in the user's file an import stands that cannot be resolved. */
function placed<Result>(specifier: string, parent: string | undefined, act: () => Result): Result {
  try {
    return act()
  } catch (error) {
    if (parent === undefined || !parent.startsWith('file:') || !isUsersFile(fileURLToPath(parent)))
      throw error
    const path = fileURLToPath(parent)
    const lines = readFileSync(path, 'utf8').split('\n')
    const line = lines.findIndex(text => text.includes(`'${specifier}'`) || text.includes(`"${specifier}"`))
    if (line < 0) throw error
    const place = placeIn(path, line + 1, lines[line].indexOf(specifier))
    throw new UsageError(`${place}: ${describe(error).replace(/ imported from .*$/, '')}`, { cause: error })
  }
}

/** V8 keeps to itself where JavaScript cannot be parsed, but for the program that checks syntax. */
function parsedPlace(error: unknown, files: ReadonlySet<string>): string | undefined {
  if (!(error instanceof SyntaxError)) return undefined
  for (const file of files) {
    const { status, stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' })
    if (status === 0) continue
    const told = new Error()
    told.stack = stderr
    return placeOf(told)
  }
  return undefined
}
