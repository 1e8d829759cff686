// Run as a child process: writes items to a file until it is killed.

import { ndjsonFile } from '../../src/sinks/file-ndjson.ts'

async function* endless() {
  for (let n = 0; ; n++) {
    yield { n }
    if (n % 1000 === 0) await new Promise(resolve => setImmediate(resolve))
  }
}

await ndjsonFile(process.argv[2] ?? '')(endless())
