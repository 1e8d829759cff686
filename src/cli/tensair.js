#!/usr/bin/env node
// The `tensair` command. Plain JavaScript without imports at the top, so that a Node that is too old can still say so.

const needed = 24
if (Number(process.versions.node.split('.')[0]) < needed) {
  console.error(
    `tensair: needs Node ${needed} or later, this is ${process.versions.node}; in a clone, npm start brings its own`
  )
  process.exitCode = 1
} else {
  // Messages and deltas are megabytes that live for a moment outside the heap. By default V8 collects the whole heap for each 32
  // MiB of them: 63 times while a peer of two trained 7 million words, a third of its processor time. Now 18 times.
  const { setFlagsFromString } = await import('node:v8')
  setFlagsFromString('--external-memory-accounted-in-global-limit')
  // What runs a few times a second, as packing does, is otherwise forgotten between two collections and compiled again.
  setFlagsFromString('--no-flush-bytecode')
  // Half a second less at each start, once the modules have been compiled for the first time.
  const { enableCompileCache } = await import('node:module')
  enableCompileCache()
  const { existsSync, readFileSync } = await import('node:fs')
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  // A clone runs its sources; the published package holds only what was compiled from them.
  const source = new URL('./main.ts', import.meta.url)
  const compiled = new URL('../../dist/src/cli/main.js', import.meta.url)
  const { main } = await import((existsSync(source) ? source : compiled).href)
  await main(process.argv.slice(2), version)
}
