// What requests give to a network: JSON or bytes, made Float32Arrays of one input each.

import { z } from 'zod'
import { Refusal } from './refusal.ts'

/** What one input of a network is. */
export interface InputLimits {
  /** Sizes of one input, such as [28, 28, 1]. */
  readonly shape: readonly number[]
  /** Inputs of a request. */
  readonly most: number
}

// The values are read below: a schema of each would take longer than the network.
const Body = z.strictObject({ inputs: z.array(z.unknown()).min(1) })

/**
 * The inputs of `{ "inputs": [input, …] }`, each a flat list or nested as the shape says.
 * @throws Refusal 400 where the text is no JSON, 413 where there are too many, 422 where one does not fit; it names the place.
 */
export function jsonInputs(text: string, limits: InputLimits): Float32Array[] {
  const { shape, most } = limits
  const parsed = Body.safeParse(parse(text))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new Refusal(
      422,
      `wanted { "inputs": [input, …] }: ${issue?.path.join('.') || 'body'}: ${issue?.message}`
    )
  }
  const { inputs } = parsed.data
  refuseMany(inputs.length, most)
  const size = sizeOf(shape)
  return inputs.map((input, i) => {
    const values = new Float32Array(size)
    const flat = shape.length > 1 && Array.isArray(input) && !Array.isArray(input[0])
    new Filling(values, flat ? [size] : shape, i).fill(input)
    return values
  })
}

/**
 * The inputs of bytes: float32, little-endian, back to back.
 * @throws Refusal 422 where they are not whole inputs or not finite, 413 where there are too many.
 */
export function byteInputs(bytes: Uint8Array, { shape, most }: InputLimits): Float32Array[] {
  const size = sizeOf(shape)
  const count = bytes.length / (4 * size)
  if (!Number.isInteger(count) || count === 0)
    throw new Refusal(422, `wanted inputs of ${4 * size} bytes (${size} float32); got ${bytes.length} bytes`)
  refuseMany(count, most)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return Array.from({ length: count }, (_, i) =>
    Float32Array.from({ length: size }, (_, j) => {
      const value = view.getFloat32(4 * (i * size + j), true)
      if (!Number.isFinite(value)) throw new Refusal(422, `value ${j} of input ${i} is ${value}`)
      return value
    })
  )
}

/** Values of one input or output. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Refusal(400, 'the body is not JSON', { cause })
  }
}

function refuseMany(count: number, most: number): void {
  if (count > most) throw new Refusal(413, `a request has at most ${most} inputs; got ${count}`)
}

/** Copies one input's values out of its lists. */
class Filling {
  readonly #values: Float32Array
  readonly #shape: readonly number[]
  /** Where it is in `inputs`. */
  readonly #path: number[]
  #filled = 0

  constructor(values: Float32Array, shape: readonly number[], input: number) {
    this.#values = values
    this.#shape = shape
    this.#path = [input]
  }

  fill(value: unknown): void {
    const wanted = this.#shape[this.#path.length - 1]
    if (wanted === undefined) {
      if (typeof value !== 'number') throw this.#refusal('a number', kindOf(value))
      // JSON has numbers that float32 has not.
      const near = Math.fround(value)
      if (!Number.isFinite(near)) throw this.#refusal('a number that float32 holds', String(value))
      this.#values[this.#filled++] = near
      return
    }
    if (!Array.isArray(value)) throw this.#refusal(`a list of ${wanted}`, kindOf(value))
    if (value.length !== wanted) throw this.#refusal(`a list of ${wanted}`, `one of ${value.length}`)
    const last = this.#path.push(0) - 1
    for (let i = 0; i < wanted; i++) {
      this.#path[last] = i
      this.fill(value[i])
    }
    this.#path.pop()
  }

  #refusal(wanted: string, got: string): Refusal {
    return new Refusal(422, `inputs[${this.#path.join('][')}]: wanted ${wanted}; got ${got}`)
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}
