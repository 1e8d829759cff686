import { deepStrictEqual, rejects } from 'node:assert'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { findBackend, tensor } from '@tensorflow/tfjs-core'
import { openTensorflow } from '../../../kernels/tensorflow/open.ts'
import { changedTensor, valuesOf } from '../../../kernels/tensorflow/tensor-memory.ts'

test('it opens with the threads asked for, leaves the process as it was, and lets it end', () => {
  const file = fileURLToPath(new URL('open-process.ts', import.meta.url))
  const { stdout, stderr, status } = spawnSync(process.execPath, [file], {
    encoding: 'utf8',
    timeout: 60_000
  })
  deepStrictEqual(status, 0, stderr)
  const told = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
  deepStrictEqual(told, {
    threads: 3,
    backend: 'tensair-wasm',
    used: 'tensair-wasm',
    before: told.before,
    after: told.before,
    worker: false,
    sum: 300
  })
})

test('a process has one; opening it again gives the same, and never with other threads', async () => {
  const one = await openTensorflow({ threads: 2 })
  deepStrictEqual(await openTensorflow(), one)
  deepStrictEqual(await openTensorflow({ threads: 2 }), one)
  await rejects(
    openTensorflow({ threads: 1 }),
    /^RangeError: tensorflow: this process has it open with 2 threads; 1 wanted, which needs another process$/
  )
})

test('threads that cannot be are refused', async () => {
  for (const threads of [0, 9, 1.5, Number.NaN]) {
    await rejects(
      openTensorflow({ threads }),
      new RegExp(`^RangeError: tensorflow: threads must be a whole number, 1 to 8; got ${threads}$`)
    )
  }
})

test('a tensor is changed into a new one, and its values are seen without a copy', async () => {
  const tensorflow = await openTensorflow({ threads: 2 })
  const backend = findBackend(tensorflow.backend) as BackendWasm
  const x = tensor([0, 1, 2, 3, 4, 5], [2, 3])
  const y = changedTensor(backend, x, values => {
    for (let i = 0; i < values.length; i++) values[i] *= 2
  })
  deepStrictEqual([y.shape, ...y.dataSync()], [[2, 3], 0, 2, 4, 6, 8, 10])
  deepStrictEqual([...x.dataSync()], [0, 1, 2, 3, 4, 5])
  deepStrictEqual(valuesOf(backend, x).buffer === valuesOf(backend, y).buffer, true)
  x.dispose()
  y.dispose()
})
