import { randomUUID } from 'node:crypto'
import { readFileSync, rmdirSync, rmSync } from 'node:fs'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { describe, UsageError } from './exit.ts'

/** The file in a folder that says which process uses it. */
export const LOCK_FILE = 'lock'

/** Who uses a folder; it is what the file holds, as JSON. */
export interface Holder {
  readonly process: number
  readonly host: string
  /** When the process began, as Linux counts it; tells it from a later one of the same number. Absent elsewhere. */
  readonly began?: string
}

// How long to wait where another is removing a lock.
const LOOK_MS = 10

// By path; a process that asks for what it already has must hear that.
const own = new Set<string>()

/**
 * Takes a folder for this process until it ends, and makes it where there is none; where it was made for nothing, it is
 * removed in the end. The lock of a process that is gone is no lock; whether one of another host is gone cannot be known.
 * @returns who has the folder, where another has it
 * @throws UsageError where the folder cannot be written in
 */
export async function lockFolder(folder: string): Promise<Holder | undefined> {
  const path = join(resolve(folder), LOCK_FILE)
  try {
    const made = await mkdir(folder, { recursive: true })
    const holder = await take(path)
    if (holder !== undefined) return holder
    own.add(path)
    process.once('exit', () => giveBack(path, made))
    return undefined
  } catch (cause) {
    throw new UsageError(`output: nothing can be saved in ${folder}: ${describe(cause)}`, { cause })
  }
}

/**
 * The same, where no other folder will do; `command` and `option` are what to say where it is refused.
 * @throws UsageError where another process uses it, or it cannot be written in
 */
export async function lockOutput(command: string, option: string, folder: string): Promise<void> {
  const holder = await lockFolder(folder)
  if (holder === undefined) return
  const who = describeHolder(holder, folder)
  throw new UsageError(`${command}: ${folder} is in use by ${who}; wait for it, or give another ${option}`)
}

/** Who it is, as people read it. */
export function describeHolder({ process, host }: Holder, folder: string): string {
  if (host === hostname()) return `process ${process}`
  return `process ${process} of ${host} (if that is gone, remove ${join(folder, LOCK_FILE)})`
}

function giveBack(path: string, made: string | undefined): void {
  try {
    // Whoever removed the folder and began anew there has a lock of its own.
    if (isOwn(JSON.parse(readFileSync(path, 'utf8')))) rmSync(path)
    if (made === undefined) return
    const first = resolve(made)
    for (let folder = dirname(path); folder.startsWith(first); folder = dirname(folder)) rmdirSync(folder)
  } catch {
    // It is gone already; or a folder holds something, and so do those around it.
  }
}

/** Whether the file was made; false where there is one. It is never seen half written. */
async function create(path: string): Promise<boolean> {
  const began = stateOf(process.pid)?.began
  const holder: Holder = { process: process.pid, host: hostname(), ...(began !== undefined && { began }) }
  const text = `${JSON.stringify(holder)}\n`
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    await writeFile(temporary, text)
    await link(temporary, path)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    if (!hasCode(error, 'EPERM', 'ENOSYS', 'ENOTSUP')) throw error
  } finally {
    await rm(temporary, { force: true })
  }
  // A file system without links.
  try {
    await writeFile(path, text, { flag: 'wx' })
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

/** Makes the lock, in the place of one whose process is gone too; returns whose it is where that is another. */
async function take(path: string): Promise<Holder | undefined> {
  while (!(await create(path))) {
    const holder = await holderIn(path)
    if (holder !== undefined && uses(holder, path)) return holder
    await removeDead(path)
  }
  return undefined
}

/**
 * Removes a lock whose process is gone. That takes a lock of its own: of several that have found the process gone, a slow one
 * would otherwise remove what a quick one has put there since.
 */
async function removeDead(path: string): Promise<void> {
  const guard = `${path}.removing`
  if ((await take(guard)) !== undefined) {
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
    return
  }
  try {
    const text = await textOf(path)
    if (text === undefined) return
    const holder = holderOf(text)
    if (holder === undefined || !uses(holder, path)) await rm(path, { force: true })
  } finally {
    await rm(guard, { force: true })
  }
}

async function holderIn(path: string): Promise<Holder | undefined> {
  const text = await textOf(path)
  return text === undefined ? undefined : holderOf(text)
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function holderOf(text: string): Holder | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function uses(holder: Holder, path: string): boolean {
  if (holder.host !== hostname()) return true
  if (holder.process === process.pid) return own.has(path)
  const state = stateOf(holder.process)
  if (state !== undefined) return !state.ended && (state.began === holder.began || holder.began === undefined)
  try {
    process.kill(holder.process, 0)
    return true
  } catch (error) {
    // Another user's process may not be signalled, but is there.
    return hasCode(error, 'EPERM')
  }
}

function isOwn(holder: Holder): boolean {
  return holder.process === process.pid && holder.host === hostname()
}

/** What Linux says of a process; undefined where it says nothing. */
function stateOf(pid: number): { readonly ended: boolean; readonly began: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Behind the name, which is in brackets and may hold anything: the state, and as the 20th the time it began.
    const values = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { ended: values[0] === 'Z' || values[0] === 'X', began: values[19] ?? '' }
  } catch {
    return undefined
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
