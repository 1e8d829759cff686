import { spawn } from 'node:child_process'

export interface ChildOptions {
  /** Hears standard error; `stop` ends the program, which then counts as done. */
  readonly onError?: (text: string, stop: () => void) => void
}

/**
 * Runs a program to its end; resolves with what it wrote to standard output.
 * @throws Error with the last of its standard error, where it fails.
 */
export function runChild(
  program: string,
  args: readonly string[],
  { onError }: ChildOptions = {}
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let stopped = false
    let output = ''
    let errors = ''
    const stop = () => {
      stopped = true
      child.kill()
    }
    child.stdout.setEncoding('utf8').on('data', text => {
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', text => {
      errors = (errors + text).slice(-2000)
      onError?.(text, stop)
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0 || stopped) resolve(output)
      else reject(new Error(`${program} ended with ${signal ?? code}: ${errors.trim()}`))
    })
  })
}
