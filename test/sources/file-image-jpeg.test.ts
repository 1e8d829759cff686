import { deepStrictEqual, ok, rejects } from 'node:assert'
import { test } from 'node:test'
import { decodeJpeg } from '../../src/sources/file-image-jpeg.ts'
import { jpeg } from './image-files.ts'

test('hundreds of corrupt files, all at once, do not wear the decoder out, and each gets its own reason', async () => {
  const good = await jpeg(16, 8, [250, 120, 10])
  const pixels = await decodeJpeg(good)
  ok(pixels.length === 16 * 8 * 4)
  const broken = await Promise.allSettled(
    Array.from({ length: 300 }, (_, i) => decodeJpeg(good.subarray(0, i % 3 === 0 ? 0 : 10 + (i % 100))))
  )
  for (const [i, result] of broken.entries()) {
    const reason = String(result.status === 'rejected' && result.reason)
    const wanted = i % 3 === 0 ? 'Error: Empty input file' : 'Error: Premature end of JPEG file'
    ok(reason === wanted, `${i}: ${reason}`)
  }
  deepStrictEqual(await decodeJpeg(good), pixels)
})

test('a file without its end, which the decoder would fill with grey, is refused', async () => {
  const whole = await jpeg(64, 64, [250, 120, 10])
  await rejects(decodeJpeg(whole.subarray(0, -2)), { message: 'Premature end of JPEG file' })
})
