import { strictEqual } from 'node:assert'
import { test } from 'node:test'
import { withSection } from '../../bench/results.ts'

test('a section is added at the end, and replaced where it stands', () => {
  const first = withSection('# Measured\n', 'a', 'one')
  strictEqual(first, '# Measured\n\n<!-- a -->\none\n<!-- /a -->\n')
  const both = withSection(first, 'b', 'two')
  strictEqual(
    withSection(both, 'a', 'three'),
    '# Measured\n\n<!-- a -->\nthree\n<!-- /a -->\n\n<!-- b -->\ntwo\n<!-- /b -->\n'
  )
})
