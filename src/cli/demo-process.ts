import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { JobEvent } from '../jobs/events.ts'
import { EXIT, UsageError } from './exit.ts'

const PATIENCE_MS = 2000
// With it, the second time, a peer has its code in half the time.
const COMPILED = new URL('../../node_modules/.cache/node', import.meta.url)

/** A peer of the demo as a process of its own. It ends with this one, however this one ends: its standard input then closes. */
export interface PeerProcess {
  /** Its process's id. */
  readonly process: number | undefined
  /** Resolves when it has ended well or was interrupted; rejects with what it said, where it failed. */
  readonly ended: Promise<void>
  /** Asks it to save and to end. */
  stop(): void
  /** Ends it at once; resolves when it is gone. */
  kill(): Promise<void>
}

/** Starts `tensair demo` with arguments that make it one of the two peers; `number` is what people call it. */
export function startPeer(
  number: number,
  args: readonly string[],
  tell: (event: JobEvent) => void
): PeerProcess {
  const [, launcher = ''] = process.argv
  const child = spawn(process.execPath, [...process.execArgv, launcher, 'demo', ...args], {
    stdio: 'pipe',
    env: { NODE_COMPILE_CACHE: fileURLToPath(COMPILED), ...process.env }
  })
  child.stdin.on('error', () => {}) // a process that has ended has closed its end
  createInterface({ input: child.stdout }).on('line', line => {
    if (line.startsWith('{')) tell(JSON.parse(line))
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    said = (said + text).slice(-10_000)
  })
  const gone = new Promise<void>(resolve => child.once('close', () => resolve()))
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', cause => reject(new Error(`demo: peer ${number} did not start: ${cause.message}`)))
    child.once('close', (code, signal) => {
      // A terminal's Ctrl-C may come before a process knows what to do about it.
      if (code === EXIT.done || code === EXIT.interrupted || signal === 'SIGINT') resolve()
      else if (code === EXIT.wrongUse) reject(new UsageError(lastLine(said)))
      else
        reject(new Error(lastLine(said) || `demo: peer ${number} was ended by ${signal ?? `code ${code}`}`))
    })
  })
  ended.catch(() => {}) // whoever waits for it may come later
  return {
    process: child.pid,
    ended,
    stop: () => child.stdin.write('stop\n'),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
      child.stdin.end()
      const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
      await gone
      clearTimeout(timer)
    }
  }
}

/** What a process that failed said last, as the command line does: `tensair: …`. */
function lastLine(text: string): string {
  const lines = text.trim().split('\n')
  return (lines.findLast(line => line.startsWith('tensair: ')) ?? lines.at(-1) ?? '').replace(
    /^tensair: /,
    ''
  )
}
