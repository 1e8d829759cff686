import { SavedModelError } from './saved-source.ts'

/** A JSON object, of which nothing is known yet. */
export type Json = Record<string, unknown>

/** @throws SavedModelError where the bytes are not a JSON object; `what` names them. */
export function parseObject(bytes: Uint8Array, what: string): Json {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new SavedModelError(`${what} is not JSON`, { cause })
  }
  return asObject(value, what)
}

/** @throws SavedModelError where the value is not a JSON object; `what` names it. */
export function asObject(value: unknown, what: string): Json {
  if (!isObject(value)) throw new SavedModelError(`${what} is not a JSON object`)
  return value
}

/** @throws SavedModelError where the value is not a list of JSON objects; `what` names it. */
export function asObjects(value: unknown, what: string): Json[] {
  if (!Array.isArray(value)) throw new SavedModelError(`${what} is not a list`)
  return value.map(item => asObject(item, `an entry of ${what}`))
}

/** @throws SavedModelError where the value is not a text; `what` names it. */
export function asText(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new SavedModelError(`${what} is not a text`)
  return value
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether the value is a shape: a list of whole numbers, 0 or more. */
export function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(size => Number.isSafeInteger(size) && size >= 0)
}
