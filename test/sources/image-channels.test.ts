import { deepStrictEqual } from 'node:assert'
import { test } from 'node:test'
import { withChannels } from '../../src/sources/image-channels.ts'

test('grey stays, is repeated for colours, and loses its alpha', () => {
  deepStrictEqual([...withChannels([1, 2], 1, 1)], [1, 2])
  deepStrictEqual([...withChannels([1, 2], 1, 3)], [1, 1, 1, 2, 2, 2])
  deepStrictEqual([...withChannels([1, 99, 2, 99], 2, 3)], [1, 1, 1, 2, 2, 2])
})

test('colours stay, lose their alpha, and become grey by their luma', () => {
  deepStrictEqual([...withChannels([1, 2, 3, 4, 5, 6], 3, 3)], [1, 2, 3, 4, 5, 6])
  deepStrictEqual([...withChannels([1, 2, 3, 99, 4, 5, 6, 99], 4, 3)], [1, 2, 3, 4, 5, 6])
  deepStrictEqual(
    [...withChannels([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255], 3, 1)],
    [76, 150, 29, 255]
  )
})
