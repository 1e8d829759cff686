// Usage: npm run bench -- drift [--json] [--runs 300] [--updates 2000000] [--streams NAME,…] [--python PATH] [--write]
//
// Detectors of drift: how right they are, and how fast.
//
//   f1         of drifts found, with the mean delay in rows and false alarms a run, on streams of errors whose share goes from 0.2 to 0.8
//              at row 1000 (sudden), or from row 2000 on by 0.001 a row (gradual); `runs` seeds. The published forms must come to the
//              figures of OPTWIN's authors over the same 30 seeds, or there is no figure; they stand beside ours.
//              And, where ../shared/data is, on the errors of a naive Bayes on SEA, SEA gradual, sine, STAGGER and mixed, with its
//              accuracy: predict, then learn, a new model at a drift.
//   accuracy   of the same on electricity, where nobody knows the drifts, with the number of alarms
//   updates    a second on one core, on steady errors. Bar: 2 million for OPTWIN and ADWIN. With a Python that has river
//              (python3 -m venv V && V/bin/pip install river, then --python V/bin/python) beside river's
//   table      ms for OPTWIN's table of cuts

import { parseArgs } from 'node:util'
import { driftData } from './drift-data.ts'
import { measureErrors } from './drift-errors.ts'
import { measureLearning } from './drift-learning.ts'
import { measureTable, measureUpdates } from './drift-speed.ts'
import { ERROR_STREAMS } from './drift-streams.ts'
import { machine } from './machine.ts'
import { markdownTable, openReport } from './report.ts'
import { writeSection } from './results.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '300' },
    updates: { type: 'string', default: '2000000' },
    streams: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    write: { type: 'boolean', default: false }
  }
})
const wanted = values.streams?.split(',')
const isWanted = ({ name }: { name: string }) => wanted?.includes(name) ?? true
const loaded = machine()
const report = openReport(values.json)
// First, since a table is computed once.
measureTable(report)
for (const stream of ERROR_STREAMS.filter(isWanted)) measureErrors(report, stream, Number(values.runs))
const learned = driftData()
if (learned.length === 0) report.say('drift: no ../shared/data/drift here, so no streams with a naive Bayes')
for (const stream of learned.filter(isWanted)) measureLearning(report, stream)
await measureUpdates(report, Number(values.updates), values.python)
if (values.write) writeSection('drift', loaded, [markdownTable(report.rows)])
report.close()
