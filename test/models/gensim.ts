import { spawnSync } from 'node:child_process'

// Debian's Python, where apt puts python3-gensim; others on the path know nothing of it.
const PYTHON = '/usr/bin/python3'

/** Why tests against gensim cannot run here, or false where they can. */
export const noGensim: string | false =
  spawnSync(PYTHON, [
    '-c',
    'import importlib.util, sys; sys.exit(importlib.util.find_spec("gensim") is None)'
  ]).status === 0
    ? false
    : "Debian's python3-gensim is not installed"

/** Runs a Python program, `input` on its command line as JSON; returns what it prints, as JSON. */
export function python(program: string, input: unknown): unknown {
  const { status, stdout, stderr } = spawnSync(PYTHON, ['-c', program, JSON.stringify(input)], {
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(`python: ${stderr}`)
  return JSON.parse(stdout)
}
