// The inputs of a request, by the type of its body.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { reasonOf } from '../sources/source-error.ts'
import { byteInputs, type InputLimits, jsonInputs, sizeOf } from './inputs.ts'
import { Refusal } from './refusal.ts'
import type { Bodies } from './server-bodies.ts'

type ImageType = 'image/jpeg' | 'image/png'

/** The values of one input, of the bytes of an image; throws where it is none. */
export type DecodeImage = (
  bytes: Uint8Array,
  type: ImageType
) => ArrayLike<number> | PromiseLike<ArrayLike<number>>

export interface InputLaws extends InputLimits {
  /** Without it images are refused. */
  readonly decodeImage?: DecodeImage
}

/** @throws Refusal where the body is no inputs of the network. */
export async function requestInputs(
  request: IncomingMessage,
  response: ServerResponse,
  bodies: Bodies,
  laws: InputLaws
): Promise<Float32Array[]> {
  const type = /^[^;\s]*/.exec(request.headers['content-type'] ?? '')?.[0].toLowerCase()
  switch (type) {
    case 'application/json':
      return jsonInputs(textOf(await bodies.read(request, response)), laws)
    case 'application/octet-stream':
      return byteInputs(await bodies.read(request, response), laws)
    case 'image/jpeg':
    case 'image/png':
      if (laws.decodeImage === undefined) break
      return [await decoded(await bodies.read(request, response), type, laws.decodeImage, sizeOf(laws.shape))]
  }
  const types = ['application/json', 'application/octet-stream']
  if (laws.decodeImage !== undefined) types.push('image/jpeg', 'image/png')
  throw new Refusal(415, `wanted content-type: ${types.join(' or ')}; got ${type || 'none'}`)
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new Refusal(400, 'the body is not UTF-8', { cause })
  }
}

async function decoded(
  bytes: Uint8Array,
  type: ImageType,
  decode: DecodeImage,
  size: number
): Promise<Float32Array> {
  let values: ArrayLike<number>
  try {
    values = await decode(bytes, type)
  } catch (cause) {
    throw new Refusal(422, `no image for this network: ${reasonOf(cause)}`, { cause })
  }
  if (values.length !== size)
    throw new Refusal(422, `an image must give ${size} values; this one gave ${values.length}`)
  return Float32Array.from(values)
}
