import { execFileSync } from 'node:child_process'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** What a figure was measured on: processor, its cores as this process sees them, and how busy they were before. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  return `${model}, ${navigator.hardwareConcurrency} cores, load ${(loadavg()[0] ?? 0).toFixed(1)}, Node ${process.versions.node}`
}

/** The command that a bench was called with, as a reader would type it. */
export function command(bench: string): string {
  const options = process.argv.slice(2).filter(option => option !== '--write')
  return ['npm run bench --', bench, ...options].join(' ')
}

/** The revision that is measured, with a `+` where files differ from it. */
export function revision(): string {
  try {
    const git = (...words: string[]) => execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim()
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '-uno') === '' ? '' : '+')
  } catch {
    return 'unknown'
  }
}
