// Run as a child process: reads a source to its end, or until `abort after` lines, and tells what it saw.

import { lines } from '../../src/sources/lines.ts'

const [source = '-', abortAfter = ''] = process.argv.slice(2)
const abort = new AbortController()
let count = 0
let bytes = 0
let longest = 0
for await (const chunk of lines(source, { signal: abort.signal }).chunks()) {
  count += chunk.length
  for (const line of chunk) {
    bytes += line.length
    longest = Math.max(longest, line.length)
  }
  if (count === Number(abortAfter)) {
    console.log('aborting')
    abort.abort()
  }
}
console.log(JSON.stringify({ count, bytes, longest, peakMb: process.resourceUsage().maxRSS / 1024 }))
