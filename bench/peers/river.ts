import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { runChild } from './run-child.ts'

const SCRIPT = fileURLToPath(new URL('river.py', import.meta.url))

/** What river's detectors did with a stream. */
export interface RiverAnswer {
  readonly version: string
  /** Time for the whole stream, and drifts found, by our names of the detectors. */
  readonly detectors: Readonly<Record<string, { readonly seconds: number; readonly alarms: number }>>
}

/** Whether this Python has river. */
export function hasRiver(python: string): boolean {
  return spawnSync(python, ['-I', '-c', 'import river']).status === 0
}

/** Has river's detectors watch errors from a file of the bytes 0 and 1. Python's start and its imports are not counted. */
export async function runRiver(python: string, errors: string): Promise<RiverAnswer> {
  return JSON.parse(await runChild(python, [SCRIPT, errors])) as RiverAnswer
}
