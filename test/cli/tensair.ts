// Runs the command line as its users do: as a process of its own.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { linesOf } from '../corpus.ts'

export const launcher = fileURLToPath(new URL('../../src/cli/tensair.js', import.meta.url))

/** What a process came to. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly outcome: Promise<Outcome>
  /** What it has written to standard output so far. */
  readonly stdout: string
  /** The process's id. */
  readonly process: number
  /** Resolves when standard output has had a line of JSON with this event. */
  event(name: string): Promise<Record<string, unknown>>
  write(text: string): void
  end(): void
  kill(signal: NodeJS.Signals): void
}

/** Starts `tensair` with arguments; `program` is what runs instead of the project's own launcher. */
export function start(
  args: readonly string[],
  program: readonly string[] = [process.execPath, launcher]
): Running {
  const [file = '', ...first] = program
  const child = spawn(file, [...first, ...args], { stdio: 'pipe' })
  let stdout = ''
  let stderr = ''
  const waiting: (() => void)[] = []
  child.stdin.on('error', () => {}) // a process that ended has closed its end
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text
    for (const look of waiting) look()
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const outcome = new Promise<Outcome>(resolve =>
    child.on('close', code => resolve({ code, stdout, stderr }))
  )
  return {
    outcome,
    get stdout() {
      return stdout
    },
    process: child.pid ?? 0,
    event: name =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = events(stdout.slice(0, stdout.lastIndexOf('\n') + 1)).find(
            ({ event }) => event === name
          )
          if (found !== undefined) resolve(found)
        }
        waiting.push(look)
        look()
        outcome.then(({ code }) => reject(new Error(`ended with ${code} before ${name}: ${stderr}`)))
      }),
    write: text => child.stdin.write(text),
    end: () => child.stdin.end(),
    kill: signal => child.kill(signal)
  }
}

/** Runs `tensair` to its end, with nothing on standard input unless `input` is given. */
export function tensair(args: readonly string[], input = ''): Promise<Outcome> {
  const running = start(args)
  if (input !== '') running.write(input)
  running.end()
  return running.outcome
}

/** The lines of NDJSON. */
export function events(text: string): Record<string, unknown>[] {
  return linesOf(text).map(line => JSON.parse(line))
}

/** A folder that is gone when the test is over. */
export function folder(test: Pick<TestContext, 'after'> | { after(act: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), 'tensair-'))
  test.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}
