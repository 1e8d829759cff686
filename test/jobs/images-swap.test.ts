import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import type { ImagesData } from '../../src/jobs/images-data.ts'
import { imagesOptions } from '../../src/jobs/images-options.ts'
import { type SwapOptions, swapped } from '../../src/jobs/images-swap.ts'
import { chunkAt, chunksOf, stream } from '../../src/stream.ts'

const never = new AbortController().signal
const classes = ['cat', 'dog', 'bird']

/** Passes of the labels 0, 1, 2 twice, in chunks of four and two, and one of each to test with. */
function threeClasses(): ImagesData {
  const image = (label: number) => ({ pixels: Uint8Array.of(label), height: 1, width: 1, channels: 1, label })
  const some = (labels: readonly number[], at: number) => chunkAt(labels.map(image), { bytes: at })
  return {
    classes,
    shape: { height: 1, width: 1, channels: 1 },
    length: 6,
    skipped: 7,
    training: () =>
      stream(async function* () {
        yield some([0, 1, 2, 0], 4)
        yield some([1, 2], 6)
      }),
    testing: () =>
      stream(async function* () {
        yield some([0, 1, 2], 3)
      })
  }
}

const swap = (options: Partial<SwapOptions>) =>
  swapped(threeClasses(), { swap: [['cat', 'dog']], swapAt: [], batch: 2, ...options })

async function labels(images: AsyncIterable<{ readonly label: number }>): Promise<string> {
  return (await Array.fromAsync(images, ({ label }) => label)).join('')
}

async function passes(data: ImagesData, count: number): Promise<string> {
  let all = ''
  for (let i = 0; i < count; i++) all += `${await labels(data.training(i, never))} `
  return all.trim()
}

test('two labels are swapped from an image on, and back at the next; images count over all passes', async () => {
  strictEqual(await passes(swap({}), 2), '012012 012012')
  strictEqual(await passes(swap({ swapAt: [{ images: 0 }] }), 2), '102102 102102')
  strictEqual(await passes(swap({ swapAt: [{ images: 4 }] }), 2), '012002 102102')
  strictEqual(await passes(swap({ swapAt: [{ images: 9 }, { images: 3 }] }), 2), '012102 102012')
})

test('a point can be a number of mini-batches', async () => {
  strictEqual(await passes(swap({ swapAt: [{ batches: 2 }, { images: 6 }] }), 2), '012002 012012')
  strictEqual(await passes(swap({ swapAt: [{ batches: 1 }], batch: 3 }), 1), '012102')
})

test('pairs follow one another round the list, each on top of the ones before', async () => {
  const pairs = [
    ['cat', 'dog'],
    ['1', 'bird']
  ] as const
  const swapAt = [0, 3, 6, 9].map(images => ({ images }))
  // Cats become dogs, then birds; dogs become cats; birds become dogs.
  strictEqual(await passes(swap({ swap: pairs, swapAt }), 2), '102201 210120')
})

test('images to test with have the labels that hold at that moment, and are not counted', async () => {
  const data = swap({ swapAt: [{ images: 2 }] })
  strictEqual(await labels(data.testing(1, never)), '012')
  strictEqual(await labels(data.testing(1, never)), '012')
  await passes(data, 1)
  strictEqual(await labels(data.testing(1, never)), '102')
})

test('all but the labels stays: chunks, positions, pixels, and what is known of the images', async () => {
  const data = swap({ swapAt: [{ images: 1 }] })
  deepStrictEqual([data.classes, data.length, data.skipped], [classes, 6, 7])
  const chunks = await Array.fromAsync(chunksOf(data.training(1, never)), chunk => ({
    bytes: chunk.position?.bytes,
    pixels: Array.from(chunk, ({ pixels }) => pixels[0]).join('')
  }))
  deepStrictEqual(chunks, [
    { bytes: 4, pixels: '0120' },
    { bytes: 6, pixels: '12' }
  ])
})

test('a class that there is not is refused in one line', () => {
  for (const name of ['cow', '3'])
    throws(() => swap({ swapAt: [{ images: 1 }], swap: [['cat', name]] }), {
      name: 'SourceError',
      message: `images: --swap: there is no class "${name}"; there are cat, dog, bird`
    })
})

test('points and pairs are read from texts, and what is none is refused', async () => {
  const read = (given: object) => imagesOptions.parseAsync({ data: '.', output: '/nowhere', ...given })
  const options = await read({ swapAt: ['128000', '30b'], swap: ['cat:dog', '3:5'] })
  deepStrictEqual(options.swapAt, [{ images: 128_000 }, { batches: 30 }])
  deepStrictEqual(options.swap, [
    ['cat', 'dog'],
    ['3', '5']
  ])
  for (const at of ['', '-1', '1.5', '3x']) await rejects(read({ swapAt: [at], swap: ['a:b'] }), /as 1000b/)
  for (const pair of ['', 'cat', 'cat:', 'cat:cat', 'a:b:c'])
    await rejects(read({ swapAt: ['1'], swap: [pair] }), /two classes, as cat:dog/)
  await rejects(read({ swapAt: ['1'] }), /give both, or none/)
  await rejects(read({ swap: ['a:b'] }), /give both, or none/)
})
