// Run as a child process: writes items to standard output, and tells on standard error what came of it.

import { standardOutput } from '../../src/sinks/file-standard-output.ts'

const [what = ''] = process.argv.slice(2)

async function* items() {
  try {
    if (what === 'lines') yield* ['one', 'naïve', '']
    if (what === 'odd') yield* [1, 2n]
    if (what === 'few') yield* [{ n: 1 }, null]
    for (let n = 0; what === 'endless'; n++) yield { n, text: 'x'.repeat(100) }
  } finally {
    console.error('closed')
  }
}

try {
  console.error(await standardOutput({ format: what === 'lines' ? 'lines' : 'ndjson' })(items()))
} catch (error) {
  console.error(error instanceof Error ? `${error.name}: ${error.message}` : error)
}
