import { deepStrictEqual, rejects, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeSafetensors, readSafetensorsHeader, type TensorSource } from '../../src/models/safetensors.ts'

const f32 = (values: number[], shape = [values.length]): TensorSource => ({
  dtype: 'F32',
  shape,
  parts: () => [Float32Array.from(values)]
})

async function bytesOf(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return Buffer.concat(await Array.fromAsync(parts))
}

const open = (bytes: Uint8Array) =>
  readSafetensorsHeader(bytes.length, async (offset, length) => bytes.subarray(offset, offset + length))

/** A file with this header and as many bytes of data. */
function file(header: string, data: number): Uint8Array {
  const json = new TextEncoder().encode(header)
  const bytes = new Uint8Array(8 + json.length + data)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true)
  bytes.set(json, 8)
  return bytes
}

test('these are the bytes of a file of two tensors, the wider values first', async () => {
  const bytes = await bytesOf(
    encodeSafetensors({
      b: { dtype: 'U8', shape: [3], parts: () => [Uint8Array.of(7, 8, 9)] },
      a: f32([1, -2], [2, 1])
    })
  )
  const json =
    '{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}}'
  const padded = json.padEnd(Math.ceil(json.length / 8) * 8)
  deepStrictEqual(
    [...bytes],
    [padded.length, 0, 0, 0, 0, 0, 0, 0, ...Buffer.from(padded), 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 7, 8, 9]
  )
})

test('what was written is read back, whatever the names and the parts', async () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter(text => text !== '__metadata__')
  const tensor = fc.record({ name, values: fc.array(fc.nat({ max: 255 })), cut: fc.nat() })
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(tensor, { selector: one => one.name }), async list => {
      const sources = list.map(({ name, values, cut }): [string, TensorSource] => {
        const bytes = Uint8Array.from(values)
        const parts = () => [bytes.subarray(0, cut), bytes.subarray(cut)]
        return [name, { dtype: 'U8', shape: [values.length], parts }]
      })
      const bytes = await bytesOf(encodeSafetensors(Object.fromEntries(sources), { made: 'here' }))
      const { tensors, metadata } = await open(bytes)
      deepStrictEqual(metadata, { made: 'here' })
      strictEqual(tensors.size, list.length)
      for (const { name, values } of list) {
        const place = tensors.get(name)
        deepStrictEqual(
          [...bytes.subarray(place?.offset, (place?.offset ?? 0) + (place?.bytes ?? 0))],
          values
        )
      }
    }),
    { numRuns: 50 }
  )
})

test('every truncation is refused', async () => {
  const bytes = await bytesOf(encodeSafetensors({ a: f32([1, 2, 3]) }))
  await open(bytes)
  for (let length = 0; length < bytes.length; length++)
    await rejects(open(bytes.subarray(0, length)), /^Error: safetensors: /)
})

test('a damaged header is refused in one line that says what is wrong', async () => {
  const entry = (offsets: string, dtype = '"F32"', shape = '[1]') =>
    `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`
  const damaged: [Uint8Array, RegExp][] = [
    [file(`{"a":${entry('[0,4]')}}`, 8), /the tensors end at byte \d+ of \d+/],
    [
      file(`{"a":${entry('[0,4]')},"b":${entry('[2,6]')}}`, 6),
      /tensor "b" overlaps another or follows a hole/
    ],
    [
      file(`{"a":${entry('[0,4]')},"b":${entry('[8,12]')}}`, 12),
      /tensor "b" overlaps another or follows a hole/
    ],
    [file(`{"a":${entry('[0,8]')}}`, 4), /tensor "a" lies at 0…8, outside the file's 4 bytes/],
    [file(`{"a":${entry('[4,0]')}}`, 4), /tensor "a" lies at 4…0/],
    [file(`{"a":${entry('[0,8]')}}`, 8), /tensor "a" of shape \[1\] needs 4 bytes, has 8/],
    [file(`{"a":${entry('[0,4]', '"F31"')}}`, 4), /tensor "a" has the unknown dtype "F31"/],
    [file(`{"a":${entry('[0,4]', '"constructor"')}}`, 4), /unknown dtype "constructor"/],
    [file(`{"a":${entry('[0,4]', '"F32"', '[-1]')}}`, 4), /tensor "a" has the shape \[-1\]/],
    [file(`{"a":${entry('[0,4]', '"F32"', '[1e300,1e300]')}}`, 4), /tensor "a" has the shape/],
    [file(`{"a":${entry('[0]')}}`, 4), /tensor "a" has no data_offsets/],
    [file('{"a":null}', 4), /tensor "a" has the unknown dtype undefined/],
    [file('[]', 0), /the header is not a JSON object/],
    [file('{"a":', 0), /the header is not JSON/],
    [file('{"__metadata__":{"a":1}}', 0), /__metadata__ is not a map of texts/],
    [
      Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 0),
      /a header of 18446744073709551615 bytes does not fit/
    ]
  ]
  for (const [bytes, message] of damaged) await rejects(open(bytes), message)
})

test('a tensor whose parts are not what its shape says is refused', async () => {
  await rejects(bytesOf(encodeSafetensors({ a: f32([1, 2], [3]) })), /the parts of a are -4 bytes more/)
})
