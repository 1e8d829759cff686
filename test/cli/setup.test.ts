import { strictEqual } from 'node:assert'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

test('setup says and does nothing where everything is there', () => {
  const script = fileURLToPath(new URL('../../src/cli/setup.js', import.meta.url))
  const output = execFileSync(process.execPath, [script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe']
  })

  strictEqual(output, '')
})
