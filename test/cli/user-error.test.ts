import { strictEqual } from 'node:assert'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { UsageError } from '../../src/cli/exit.ts'
import { describeWithPlace } from '../../src/cli/user-error.ts'

const mine = pathToFileURL(join(process.cwd(), 'my jobs', 'my-job.ts')).href
const ours = new URL('../../src/dataflow/map.ts', import.meta.url).href
const theirs = pathToFileURL(join(process.cwd(), 'node_modules', 'other', 'index.js')).href

function failed(message: string, frames: readonly string[], cause?: unknown): Error {
  const error = new Error(message, { cause })
  error.stack = [`Error: ${message}`, ...frames.map(frame => `    at ${frame}`)].join('\n')
  return error
}

test('the place is the first of the user’s own files that an error, or what caused it, has passed', () => {
  const cause = failed('no such thing', [
    'JSON.parse (<anonymous>)',
    `Object.read (${theirs}:1:2)`,
    `async ${mine}:12:5`,
    `flow (${mine}:20:7)`
  ])
  const error = failed('map: item 3: no such thing', [`step (${ours}:40:1)`, `flow (${mine}:30:9)`], cause)
  strictEqual(describeWithPlace(error), `${join('my jobs', 'my-job.ts')}:12:5: map: item 3: no such thing`)
})

test('a place outside of the folder the user is in is told in full', () => {
  const error = failed('broken', ['flow (file:///somewhere/else/my-job.mjs:3:4)'])
  strictEqual(describeWithPlace(error), '/somewhere/else/my-job.mjs:3:4: broken')
})

test('what cannot be parsed is where Node puts its mark', () => {
  const error = new SyntaxError('Expression expected')
  error.stack = `/somewhere/my-job.ts:3\n\nconst a = 1 +* 2\n             ^\nexport default a\n\nSyntaxError: Expression expected\n    at parse (node:internal/modules/typescript:61:36)`
  strictEqual(describeWithPlace(error), '/somewhere/my-job.ts:3:14: Expression expected')
})

test('what passed no file of the user has no place, nor has wrong use, nor what is no error', () => {
  strictEqual(describeWithPlace(failed('ours', [`step (${ours}:40:1)`])), 'ours')
  const wrong = new UsageError('start: wrong', { cause: failed('cause', [`flow (${mine}:30:9)`]) })
  strictEqual(describeWithPlace(wrong), 'start: wrong')
  strictEqual(describeWithPlace('a text'), 'a text')
})
