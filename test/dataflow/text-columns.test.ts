import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeValues, encodeValues } from '../../src/dataflow/item-codec.ts'
import { cut, isText, TextColumns } from '../../src/dataflow/text-columns.ts'

const encoder = new TextEncoder()

function columns(lines: readonly string[]): TextColumns {
  let end = 0
  const parts = lines.map(line => encoder.encode(line))
  const ends = Uint32Array.from(parts, part => {
    end += part.length
    return end
  })
  return new TextColumns(new Uint8Array(Buffer.concat(parts)), ends)
}

const texts = fc.array(
  fc.string({ unit: 'binary', maxLength: 40 }).map(line => line.toWellFormed()),
  {
    maxLength: 60
  }
)

test('text comes back from its bytes as columns, line by line', () => {
  fc.assert(
    fc.property(texts, lines => {
      const [back] = decodeValues(encodeValues([columns(lines)]))
      ok(back instanceof TextColumns && isText(back))
      deepStrictEqual([...back], lines)
      strictEqual(back.length, lines.length)
    })
  )
})

test('the pieces of a text are its lines in order, small where no line is long, and share its bytes', () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 200 }), (lines, size) => {
      const text = columns(lines)
      const pieces = cut(text, size)
      deepStrictEqual(
        pieces.flatMap(piece => [...piece]),
        lines
      )
      for (const [i, { bytes, length }] of pieces.entries()) {
        ok(length > 0 && bytes.buffer === text.bytes.buffer)
        ok(length === 1 || bytes.length <= (i < pieces.length - 1 ? size : 2 * size), `${bytes.length}`)
      }
    })
  )
})

test('bytes whose lines do not fit them are refused', () => {
  const { form, bytes } = encodeValues([columns(['ab', 'cde'])])
  // An array of one, an extension: its head takes three bytes more; then the lines, their ends, their bytes.
  const at = bytes.length - 5 - 8 - 4
  const changed = (index: number, value: number) => {
    const other = bytes.slice()
    other[index] = value
    return { form, bytes: other }
  }
  throws(() => decodeValues(changed(at, 9)), /9 lines in 17 bytes/)
  throws(() => decodeValues(changed(at + 4, 7)), /a line ends at 5, before it begins at 7/)
  throws(() => decodeValues(changed(at + 8, 4)), /lines of 4 bytes in 5/)
  throws(() => decodeValues({ form, bytes: bytes.subarray(0, bytes.length - 1) }))
})
