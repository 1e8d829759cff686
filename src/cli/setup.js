// Makes a fresh clone runnable: installs what is missing and builds the WASM kernels. Runs before every npm script, so it
// must cost next to nothing when there is nothing to do, and must run on the system's own Node, which may be 20.

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

// The memory is the host's (kernels/wasm/memory.ts), shared by all threads, up to the 4 GiB of 32-bit addresses.
const flags = [
  ...['-O3', '--noAssert', '--uncheckedBehavior', 'always', '--runtime', 'stub', '--noExportMemory'],
  ...['--importMemory', '--sharedMemory', '--initialMemory', '16', '--maximumMemory', '65536'],
  ...['--enable', 'simd', '--enable', 'threads']
]
// The two builds differ in one family of instructions; the host takes the relaxed one where the engine knows it.
const builds = [
  { output: 'wasm/build/kernels.wasm', features: [] },
  { output: 'wasm/build/kernels-relaxed.wasm', features: ['--enable', 'relaxed-simd'] }
]

try {
  if (!isInstalled()) await install()
  if (!isBuilt()) await build()
} catch (error) {
  console.error(`setup: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}

/** Whether node_modules holds what package-lock.json names; packages for other systems may be absent. */
function isInstalled() {
  const hidden = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(hidden)) return false
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const present = JSON.parse(readFileSync(hidden, 'utf8')).packages
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true
    const found = present[path]
    return found === undefined ? entry.optional === true : found.version === entry.version
  })
}

async function install() {
  console.error('setup: installing dependencies (npm ci, once, about half a minute)')
  // The npm that started this script, on its own Node: the Node in node_modules is about to be replaced.
  const { npm_execpath: npm, npm_node_execpath: node } = process.env
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  if (npm === undefined) await run('npm', args)
  else await run(node ?? process.execPath, [npm, ...args])
}

/** Whether both modules are newer than every source they are made of. */
function isBuilt() {
  const sources = readdirSync(join(root, 'wasm')).filter(name => name.endsWith('.ts'))
  const newest = Math.max(...sources.map(name => statSync(join(root, 'wasm', name)).mtimeMs))
  return builds.every(({ output }) => {
    const path = join(root, output)
    return existsSync(path) && statSync(path).mtimeMs >= newest
  })
}

async function build() {
  console.error('setup: building the WASM kernels')
  mkdirSync(join(root, 'wasm/build'), { recursive: true })
  const compiler = join(root, 'node_modules/assemblyscript/bin/asc.js')
  await Promise.all(
    builds.map(({ output, features }) =>
      run(process.execPath, [compiler, 'wasm/index.ts', ...flags, ...features, '--outFile', output])
    )
  )
}

/** Runs a program in the project's folder; its standard output goes to standard error, which is for people. */
function run(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 2, 2], shell: program === 'npm' })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (code === 0) resolve(undefined)
      else
        reject(
          new Error(`${args.includes('ci') ? 'npm ci' : 'asc'} ended with ${signal ?? `exit code ${code}`}`)
        )
    })
  })
}
