// Usage: npm run bench -- dataflow [--json] [--part word_count,chain,join,routing] [--words N] [--numbers N] [--count N] [--items N] [--runs 5] [--write]
//
// What the engine costs, on one core; where it says so, against RxJS, Node's streams (`compose`) and plain async generators
// doing the same work:
//
//   word_count   lines in memory → words → how often each word comes in each 100,000 words; words/s, against all three
//   chain        numbers → 8 maps → their sum; nanoseconds an item and operator, against RxJS and generators
//   join         two event-time streams of 1 M items, pairs of a key within 10 s, 5 % of them late; items/s and memory
//   routing      200-byte items from one process to another by an exchange, every one answered: items/s, and latency at half
//                of 150,000/s; then the receiver leaves in mid-stream, then it is killed and started again: nothing may be lost
//
// Everybody takes the same array of lines, or numbers, and splits, counts and adds with the same functions; all must come to the
// same windows, or sum, or there is no figure. Ours take turns with theirs; figures are medians, `ratio` is ours over theirs.
// The pairs of a join must be those of a nested loop, and what it holds must stay within what its windows allow.

import { parseArgs } from 'node:util'
import { chain } from './dataflow-chain.ts'
import { joining } from './dataflow-join.ts'
import { routing } from './dataflow-routing.ts'
import { wordCount } from './dataflow-word-count.ts'
import { machine } from './machine.ts'
import { markdownTable, openReport } from './report.ts'
import { writeSection } from './results.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    part: { type: 'string', default: 'word_count,chain,join,routing' },
    words: { type: 'string' },
    numbers: { type: 'string', default: '10000000' },
    count: { type: 'string', default: '1000000' },
    items: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false }
  }
})
const runs = Number(values.runs)
const loaded = machine()
const report = openReport(values.json)
const parts: Record<string, () => Promise<string>> = {
  word_count: () => wordCount(values.words === undefined ? undefined : Number(values.words), runs, report),
  chain: () => chain(Number(values.numbers), runs, report),
  join: () => joining(Number(values.count), runs, report),
  routing: () => routing(Number(values.items), runs, report)
}
const wanted = values.part.split(',').map(name => {
  const part = parts[name]
  if (part !== undefined) return part
  throw new Error(`dataflow: --part must be some of ${Object.keys(parts).join(',')}; got ${name}`)
})
const what: string[] = []
for (const part of wanted) what.push(await part())
if (values.write) writeSection('dataflow', loaded, [`${what.join('; ')}.`, markdownTable(report.rows)])
report.close()
