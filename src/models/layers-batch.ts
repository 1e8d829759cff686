import type { Chunk } from '../types.ts'

/** One example. */
export interface Example {
  /** The values of one input of the network, back to back, last axis fastest. */
  readonly input: ArrayLike<number>
  /** The number of a class, or the values that the network should give. */
  readonly label: number | ArrayLike<number>
}

/** Examples in columns: n of them, of `inputs.length / n` and `labels.length / n` values each. */
export interface ExampleChunk extends Chunk<Example> {
  readonly inputs: Float32Array | Uint8Array
  readonly labels: ArrayLike<number>
}

/** What a network takes and gives. */
export interface ExampleShape {
  /** Values of one input. */
  readonly input: number
  /** Values of one label as the loss wants it: 1 for the number of a class. */
  readonly label: number
  /** Classes, where a label may be (or must be) the number of one. */
  readonly classes: number | undefined
}

/** Makes a chunk of columns; it iterates as single examples. */
export function exampleChunk(
  inputs: Float32Array | Uint8Array,
  labels: ArrayLike<number>,
  length: number
): ExampleChunk {
  const width = inputs.length / length
  const labelWidth = labels.length / length
  if (!Number.isInteger(width) || !Number.isInteger(labelWidth)) {
    throw new RangeError(
      `exampleChunk: ${length} examples must have equally many values each; got ${inputs.length} inputs and ${labels.length} labels`
    )
  }
  return {
    inputs,
    labels,
    length,
    *[Symbol.iterator]() {
      for (let i = 0; i < length; i++) {
        const label =
          labelWidth === 1
            ? labels[i]
            : Array.from({ length: labelWidth }, (_, d) => labels[i * labelWidth + d])
        yield { input: inputs.subarray(i * width, (i + 1) * width), label }
      }
    }
  }
}

/** Examples that wait for their batch to be full, in columns. */
export class Batch {
  readonly inputs: Float32Array<ArrayBuffer> // [size, input]
  readonly labels: Float32Array<ArrayBuffer> // [size, label]
  readonly size: number
  length = 0
  readonly #shape: ExampleShape

  constructor(size: number, shape: ExampleShape) {
    this.size = size
    this.#shape = shape
    this.inputs = new Float32Array(size * shape.input)
    this.labels = new Float32Array(size * shape.label)
  }

  /**
   * Takes an example.
   * @throws RangeError, with nothing taken, where it does not fit the network, or has values that are not finite.
   */
  add({ input, label }: Example): void {
    const { input: width } = this.#shape
    if (input.length !== width) {
      throw new RangeError(`layers: an input must have ${width} values; got ${input.length}`)
    }
    const at = this.length * width
    for (let i = 0; i < width; i++) {
      this.inputs[at + i] = input[i]
      // As it is trained: what is too large for 32 bits is not finite there.
      const value = this.inputs[at + i]
      if (!Number.isFinite(value)) throw new RangeError(`layers: value ${i} of an input is ${value}`)
    }
    this.#addLabel(label)
    this.length++
  }

  #addLabel(label: Example['label']): void {
    const { label: width, classes } = this.#shape
    const at = this.length * width
    if (typeof label === 'number' && classes !== undefined) {
      if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
        throw new RangeError(`layers: a label must be a class, 0 to ${classes - 1}; got ${label}`)
      }
      this.labels.fill(0, at, at + width)
      if (width === 1) this.labels[at] = label
      else this.labels[at + label] = 1
      return
    }
    const values = typeof label === 'number' ? [label] : label
    if (values.length !== width) {
      throw new RangeError(`layers: a label must have ${width} values; got ${values.length}`)
    }
    for (let i = 0; i < width; i++) {
      if (!Number.isFinite(values[i])) throw new RangeError(`layers: value ${i} of a label is ${values[i]}`)
      this.labels[at + i] = values[i]
    }
  }
}
