import { deepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { ValueReader } from '../../src/sources/server-values.ts'

const limits = { maxLineBytes: 1000, maxBody: 100_000 }

test('a body gives the same values however it is cut into blocks, with the bytes of their lines', () => {
  const line = fc.oneof(
    fc.json({ maxDepth: 1 }).map(json => JSON.stringify(JSON.parse(json))),
    fc.constantFrom('', ' \t')
  )
  fc.assert(
    fc.property(fc.array(line), fc.constantFrom('\n', '\r\n'), fc.array(fc.nat(40)), (lines, end, cuts) => {
      const body = new TextEncoder().encode(lines.join(end))
      const reader = new ValueReader(value => value, limits)
      const items: unknown[] = []
      let bytes = 0
      const gather = (values: ReturnType<typeof reader.read>) => {
        strictEqual(values.refusal, undefined)
        strictEqual(values.items.length, values.bytes.length)
        items.push(...values.items)
        bytes += values.bytes.reduce((sum, count) => sum + count, 0)
      }
      let from = 0
      for (const cut of [...cuts, body.length]) {
        // Its reader must not keep what is not its own.
        const block = body.slice(from, from + cut)
        gather(reader.read(block))
        block.fill(0)
        from += cut
      }
      gather(reader.end())
      const wanted = lines.filter(line => line.trim() !== '')
      deepStrictEqual(
        items,
        wanted.map(line => JSON.parse(line))
      )
      strictEqual(bytes >= wanted.reduce((sum, line) => sum + line.length, 0), true)
    }),
    { numRuns: 200 }
  )
})

test('a line and a body may be as long as allowed, and no byte longer', () => {
  const encoder = new TextEncoder()
  const read = (text: string, own: Partial<typeof limits>) => {
    const reader = new ValueReader(value => value, { ...limits, ...own })
    const { items, refusal } = reader.read(encoder.encode(text))
    const status = refusal?.status ?? reader.end().refusal?.status
    return [items.length, status, refusal?.line]
  }
  deepStrictEqual(read('1\n"345678"\n', { maxLineBytes: 8 }), [2, undefined, undefined])
  deepStrictEqual(read('1\n"3456789"\n', { maxLineBytes: 8 }), [1, 413, 2])
  deepStrictEqual(read('1\n"34567890', { maxLineBytes: 8 }), [1, 413, 2])
  deepStrictEqual(read('1\n2\n3\n', { maxBody: 6 }), [3, undefined, undefined])
  deepStrictEqual(read('1\n2\n3\n4', { maxBody: 6 }), [3, 413, undefined])
})
