import type { Device } from '../../kernels/contract.ts'
import type { WordVectors } from '../types.ts'
import { analogyWords, type Neighbor, nearestWords, vectorOf, type WordSpace } from './word-space.ts'

/** Word vectors that can be asked: a trained model, still training or loaded. */
export interface WordModel {
  /** The word's vector, f32 [dim]. @throws UnknownWordError */
  vector(word: string): Promise<Float32Array<ArrayBuffer>>
  /** The k (default 10) words of greatest cosine with a word or a vector, best first. @throws UnknownWordError */
  nearest(query: string | Float32Array, k?: number): Promise<Neighbor[]>
  /** The k (default 10) best answers to "a is to b as c is to …". @throws UnknownWordError */
  analogy(a: string, b: string, c: string, k?: number): Promise<Neighbor[]>
  /** Frees what the model holds on the device, not the device. */
  close(): Promise<void>
}

const ROWS_A_SLICE = 4096

/** Puts word vectors on a device, to be asked. */
export async function openWordModel(device: Device, vectors: WordVectors): Promise<WordModel> {
  const { words, dim } = vectors
  const table = await device.createTable({
    name: 'words',
    capacity: Math.max(1, words.length),
    dim,
    init: 'zero'
  })
  for (let first = 0; first < words.length; first += ROWS_A_SLICE) {
    await table.write('weights', first, vectors.vectors.slice(first * dim, (first + ROWS_A_SLICE) * dim))
  }
  const slots = new Map(words.map((word, slot) => [word, slot]))
  const space: WordSpace = { device, table, texts: words, slotOf: word => slots.get(word) }
  return {
    vector: word => vectorOf(space, word),
    nearest: (query, k = 10) => nearestWords(space, query, k),
    analogy: (a, b, c, k = 10) => analogyWords(space, a, b, c, k),
    close: async () => table.destroy()
  }
}
