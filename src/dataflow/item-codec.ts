// Items as bytes.

import { Decoder, Encoder } from '@msgpack/msgpack'
import { extensions, TextColumns } from './text-columns.ts'

/** How items were coded: JSON where they are all plain JSON, which is some three times as fast, else MessagePack. */
export type Form = 0 | 1
const JSON_TEXT = 0
const MESSAGE_PACK = 1

export interface Coded {
  readonly form: Form
  readonly bytes: Uint8Array
}

/** Values may be nested so deep. */
const DEEPEST = 64
const LONGEST = 2 ** 28

const encoder = new Encoder({
  extensionCodec: extensions,
  useBigInt64: true,
  ignoreUndefined: true,
  maxDepth: DEEPEST + 4
})
const decoder = new Decoder({
  extensionCodec: extensions,
  useBigInt64: true,
  maxStrLength: LONGEST,
  maxBinLength: LONGEST,
  maxArrayLength: LONGEST,
  maxMapLength: LONGEST,
  maxExtLength: LONGEST
})
const utf8 = new TextEncoder()
const text = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Values as bytes. What survives: null, booleans, numbers, strings, bigints of 64 bits, Date, Uint8Array, TextColumns, and arrays and plain
 * objects of these. A field that is undefined is left out; undefined elsewhere becomes null, and -0 becomes 0.
 *
 * @throws TypeError for anything else, such as a Map, another typed array, an instance of a class or a function.
 */
export function encodeValues(values: readonly unknown[]): Coded {
  if (isJson(values, 0)) return { form: JSON_TEXT, bytes: utf8.encode(JSON.stringify(values)) }
  return { form: MESSAGE_PACK, bytes: encoder.encode(values) }
}

/**
 * The values that were coded.
 *
 * @throws Error where the bytes are none.
 */
export function decodeValues({ form, bytes }: Coded): unknown[] {
  const values: unknown = form === JSON_TEXT ? JSON.parse(text.decode(bytes)) : decoder.decode(bytes)
  if (!Array.isArray(values)) throw new TypeError(`wanted an array of values; got ${typeof values}`)
  return values
}

/** Whether JSON gives the value back as it was; throws where nothing does. */
function isJson(value: unknown, depth: number): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (value === undefined || typeof value === 'bigint') return false
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} cannot be sent; send plain values`)
  if (depth > DEEPEST) throw new TypeError(`values nested deeper than ${DEEPEST} cannot be sent`)
  let json = true
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isJson(value[i], depth + 1)) json = false
    return json
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    if (value instanceof Date || value instanceof Uint8Array || value instanceof TextColumns) return false
    throw new TypeError(`an instance of ${value.constructor.name} cannot be sent; send plain values`)
  }
  for (const field in value) if (!isJson(value[field as keyof typeof value], depth + 1)) json = false
  return json
}
