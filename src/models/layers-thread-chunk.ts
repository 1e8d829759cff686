import type { Chunk, Position } from '../types.ts'
import { type Example, type ExampleChunk, exampleChunk } from './layers-batch.ts'

/** The examples of a chunk in columns that nobody else holds. */
export type ChunkColumns = { readonly length: number; readonly position: Position | undefined } & (
  | {
      readonly inputs: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>
      readonly labels: Float64Array<ArrayBuffer>
    }
  /** Single examples, which may be of any width: input i ends before `ends[i]`. */
  | {
      readonly inputs: Float32Array<ArrayBuffer>
      readonly ends: Uint32Array<ArrayBuffer>
      readonly labels: readonly (number | Float64Array<ArrayBuffer>)[]
    }
)

/** Copies a chunk, so that its columns can be given away. */
export function columnsOf(chunk: Chunk<Example>): ChunkColumns {
  const { length, position } = chunk
  if (isExampleChunk(chunk)) {
    const { inputs, labels } = chunk
    return { length, position, inputs: inputs.slice(), labels: Float64Array.from(labels) }
  }
  const examples = Array.from(chunk)
  let end = 0
  const ends = Uint32Array.from(examples, ({ input }) => (end += input.length))
  const inputs = new Float32Array(end)
  for (const [i, { input }] of examples.entries()) inputs.set(input, ends[i] - input.length)
  const labels = examples.map(({ label }) => (typeof label === 'number' ? label : Float64Array.from(label)))
  return { length, position, inputs, ends, labels }
}

/** The chunk that the columns were made of. */
export function chunkOf(columns: ChunkColumns): Chunk<Example> {
  const { length, inputs, labels, position } = columns
  const place = position === undefined ? {} : { position }
  if (!('ends' in columns)) return { ...exampleChunk(inputs, columns.labels, length), ...place }
  const { ends } = columns
  return {
    length,
    ...place,
    *[Symbol.iterator]() {
      for (let i = 0; i < length; i++) {
        yield { input: inputs.subarray(i === 0 ? 0 : ends[i - 1], ends[i]), label: labels[i] }
      }
    }
  }
}

function isExampleChunk(chunk: Chunk<Example>): chunk is ExampleChunk {
  return 'inputs' in chunk && 'labels' in chunk
}
