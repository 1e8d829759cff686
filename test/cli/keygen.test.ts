import { match, strictEqual } from 'node:assert'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseSwarmKey } from '../../src/net/node-swarm-key.ts'
import { folder, tensair } from './tensair.ts'

const place = folder({ after })

test('keygen writes a key that only its owner can read, and replaces none', async () => {
  const file = join(place, 'swarm.key')
  const { code, stdout, stderr } = await tensair(['keygen', '--output', file])
  strictEqual(code, 0, stderr)
  strictEqual(stdout, '')
  const key = readFileSync(file, 'utf8')
  strictEqual(parseSwarmKey(key).length, 95)
  if (process.platform !== 'win32') strictEqual(statSync(file).mode & 0o777, 0o600)

  const again = await tensair(['keygen', '--output', file])
  strictEqual(again.code, 2)
  match(
    again.stderr,
    /^tensair: keygen: there is a file .*swarm\.key; move it away or give another --output\n$/
  )
  strictEqual(readFileSync(file, 'utf8'), key)
})

test('keygen says where it cannot write', async () => {
  const { code, stderr } = await tensair(['keygen', '--output', join(place, 'nowhere', 'swarm.key')])
  strictEqual(code, 2)
  match(stderr, /^tensair: keygen: .*swarm\.key cannot be written \(.*\); give another --output\n$/)
})
