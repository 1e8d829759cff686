import { deepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { imageHeader } from '../../src/sources/image-header.ts'
import { jpeg, png } from './image-files.ts'

test('sizes are those that the encoders were given', async () => {
  deepStrictEqual(imageHeader(png(7, 300, [1])), { format: 'png', width: 7, height: 300, grey: true })
  deepStrictEqual(imageHeader(png(7, 300, [1, 2])), { format: 'png', width: 7, height: 300, grey: true })
  deepStrictEqual(imageHeader(png(300, 7, [1, 2, 3])), { format: 'png', width: 300, height: 7, grey: false })
  deepStrictEqual(imageHeader(await jpeg(9, 260, [1, 2, 3])), {
    format: 'jpeg',
    width: 9,
    height: 260,
    grey: false
  })
})

test('what ends before its size, or is something else, has no header', async () => {
  const [one, other] = [await jpeg(9, 26, [1, 2, 3]), png(9, 26, [1])]
  strictEqual(imageHeader(one.subarray(0, 40)), undefined)
  strictEqual(imageHeader(other.subarray(0, 20)), undefined)
  strictEqual(imageHeader(new TextEncoder().encode('<html>')), undefined)
})

test('no bytes, however they are altered, break the reading of a header', async () => {
  const starts = [await jpeg(9, 26, [1, 2, 3]), png(9, 26, [1])]
  fc.assert(
    fc.property(
      fc.constantFrom(...starts),
      fc.nat(),
      fc.uint8Array({ maxLength: 40 }),
      (start, at, bytes) => {
        const altered = start.slice()
        altered.set(bytes.subarray(0, start.length), Math.min(at % start.length, start.length - bytes.length))
        imageHeader(altered)
        imageHeader(altered.subarray(0, at % start.length))
      }
    )
  )
})
