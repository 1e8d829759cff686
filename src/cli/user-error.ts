import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, UsageError } from './exit.ts'

// What is ours, whether it runs as sources or compiled.
const OURS = ['../', '../../kernels/'].map(folder => fileURLToPath(new URL(folder, import.meta.url)))

/** An error as its user needs it: where in their own files it arose, if it did, and what is wrong. What is of wrong use says all itself. */
export function describeWithPlace(error: unknown): string {
  const place = error instanceof UsageError ? undefined : placeOf(error)
  return place === undefined ? describe(error) : `${place}: ${describe(error)}`
}

/**
 * Where in the user's own files an error arose, as `my-job.ts:12:5`: of the first of its causes for which that is known.
 * Undefined where none of them passed there.
 */
export function placeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { stack = '' } = error
  return placeOf(error.cause) ?? syntaxPlace(stack) ?? framePlace(stack)
}

/** A place in a file as its user calls it: from the folder they are in, if it is there. */
export function placeIn(path: string, line: number, column: number): string {
  return `${shortPath(path)}:${line}:${column}`
}

/** A path from the folder the user is in, if it is there. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') ? path : short
}

/** Whether a file is one that the user has written. */
export function isUsersFile(path: string): boolean {
  return !path.includes(`${sep}node_modules${sep}`) && !OURS.some(folder => path.startsWith(folder))
}

/** What cannot be parsed: Node writes the place, the lines from there on, and a mark below what is wrong before the stack. */
function syntaxPlace(stack: string): string | undefined {
  const [first = '', ...others] = stack.split('\n')
  const [, file = '', line = ''] = /^(.+):(\d+)$/.exec(first) ?? []
  const mark = others.find(text => /^\s*\^+\s*$/.test(text))
  if (file === '' || mark === undefined) return undefined
  return placeIn(pathOf(file), Number(line), mark.indexOf('^') + 1)
}

function framePlace(stack: string): string | undefined {
  for (const frame of stack.split('\n')) {
    const [, file = '', line = '', column = ''] =
      /^\s+at (?:.*\()?(?:async )?((?:file:\/\/|\/|[A-Z]:\\).*):(\d+):(\d+)\)?$/.exec(frame) ?? []
    if (file !== '' && isUsersFile(pathOf(file))) return placeIn(pathOf(file), Number(line), Number(column))
  }
  return undefined
}

function pathOf(file: string): string {
  return file.startsWith('file:') ? fileURLToPath(file) : file
}
