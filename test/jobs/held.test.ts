import { deepStrictEqual } from 'node:assert'
import { after, test } from 'node:test'
import { heldOf, noteHeld } from '../../src/jobs/held.ts'
import { fileStore } from '../../src/sinks/file-store.ts'
import { folder } from '../cli/tensair.ts'

const place = folder({ after })
const held = { start: 1_700_000_000_000, vector: { 'a/5': 3, 'b/7': 12 } }

test('what a saved model holds is known again', async () => {
  const store = fileStore(`${place}/noted`)
  await noteHeld(store, 'abc', held)
  deepStrictEqual(await heldOf(store, 'abc'), held)
})

test('a note of other values says only since when it must be later', async () => {
  const store = fileStore(`${place}/other`)
  await noteHeld(store, 'abc', held)
  deepStrictEqual(await heldOf(store, 'def'), { start: held.start, vector: { 'def/0': 1 } })
})

test('a model that was trained alone holds its own values', async () => {
  deepStrictEqual(await heldOf(fileStore(`${place}/alone`), 'abc'), { start: 0, vector: { 'abc/0': 1 } })
})
