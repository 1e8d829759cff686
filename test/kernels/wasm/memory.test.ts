import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { openSharedMemory } from '../../../kernels/wasm/memory.ts'

// A history: allocate so many bytes, or release the n-th of what is still held.
const history = fc.array(
  fc.oneof(
    fc.record({ allocate: fc.integer({ min: 1, max: 200_000 }) }),
    fc.record({ release: fc.nat({ max: 100 }) })
  ),
  { maxLength: 40 }
)

test('what is allocated is aligned, zeroed and nobody else’s, whatever was released before', () => {
  fc.assert(
    fc.property(history, steps => {
      const shared = openSharedMemory()
      const held: { address: number; bytes: number }[] = []
      for (const step of steps) {
        if ('release' in step) {
          const [part] = held.splice(step.release % Math.max(1, held.length), 1)
          if (part !== undefined) shared.release(part.address)
          continue
        }
        const part = { address: shared.allocate(step.allocate, 'a part'), bytes: step.allocate }
        assert.equal(part.address % 64, 0)
        assert(part.address >= 65536, 'the first page is the kernels’ own')
        const bytes = shared.u8(part.address, part.bytes)
        assert(bytes.every(byte => byte === 0))
        for (const other of held) {
          assert(part.address + part.bytes <= other.address || other.address + other.bytes <= part.address)
        }
        bytes.fill(255)
        held.push(part)
      }
    }),
    { numRuns: 50 }
  )
})

test('what is released in any order becomes one place again', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }), order => {
      const shared = openSharedMemory()
      const parts = order.map(() => shared.allocate(1_000_000, 'a part'))
      const size = shared.memory.buffer.byteLength
      for (const index of order) shared.release(parts[index] ?? Number.NaN)
      assert.equal(shared.allocate(8_000_000, 'the whole'), parts[0])
      assert.equal(shared.memory.buffer.byteLength, size)
    }),
    { numRuns: 10 }
  )
})

test('asking for more than 4 GiB names what asked and what is left, and changes nothing', () => {
  const shared = openSharedMemory()
  const size = shared.memory.buffer.byteLength
  assert.throws(() => shared.allocate(5 * 2 ** 30, 'table words'), {
    name: 'RangeError',
    message:
      'wasm: table words needs 5120 MiB and 4095 MiB of the 4 GiB are left; lower the capacity or the dim'
  })
  assert.equal(shared.memory.buffer.byteLength, size)
  shared.f32(shared.allocate(64, 'a part'), 16).fill(1)
})

test('releasing what was not allocated, or twice, is refused', () => {
  const shared = openSharedMemory()
  const address = shared.allocate(64, 'a part')
  shared.release(address)
  assert.throws(() => shared.release(address), /was not allocated/)
})
