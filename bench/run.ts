// Runs one bench by name: npm run bench -- NAME [options]. A bench is a file of this folder that begins with its usage.

import { readdirSync, readFileSync } from 'node:fs'

const [name, ...options] = process.argv.slice(2)
const names = readdirSync(import.meta.dirname)
  .filter(file => file.endsWith('.ts'))
  .filter(file => readFileSync(`${import.meta.dirname}/${file}`, 'utf8').startsWith('// Usage:'))
  .map(file => file.slice(0, -'.ts'.length))

if (name !== undefined && names.includes(name)) {
  process.argv.splice(1, Number.POSITIVE_INFINITY, `${import.meta.dirname}/${name}.ts`, ...options)
  await import(`./${name}.ts`)
} else {
  const problem = name === undefined ? 'which one?' : `there is no ${name};`
  console.error(`bench: ${problem} npm run bench -- NAME [--json], where NAME is one of: ${names.join(', ')}`)
  process.exitCode = 2
}
