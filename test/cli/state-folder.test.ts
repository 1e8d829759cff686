import { deepStrictEqual, rejects, strictEqual } from 'node:assert'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { jobFolders, takeState } from '../../src/cli/state-folder.ts'
import { folder } from './tensair.ts'

const before = process.cwd()
process.chdir(folder({ after }))
after(() => process.chdir(before))

test('each peer of one job takes the next folder that is not in use', async () => {
  strictEqual(await takeState('mine', undefined), join('.tensair', 'jobs', 'mine', 'peer'))
  strictEqual(await takeState('mine', undefined), join('.tensair', 'jobs', 'mine-2', 'peer'))
  strictEqual(await takeState('other', undefined), join('.tensair', 'jobs', 'other', 'peer'))
  deepStrictEqual(
    await jobFolders(),
    ['mine', 'mine-2', 'other'].map(name => join('.tensair', 'jobs', name))
  )
})

test('a folder that was named is taken, or refused where it is in use', async () => {
  strictEqual(await takeState('mine', 'here'), 'here')
  await rejects(takeState('mine', 'here'), {
    name: 'UsageError',
    message: /^start: here is in use by process \d+; wait for it, or give another --state$/
  })
})
