import { deepStrictEqual, rejects } from 'node:assert'
import { test } from 'node:test'
import { platform } from '../../kernels/platform.ts'
import { ThreadCalls } from '../../src/models/layers-thread-calls.ts'
import type { Fragile } from './layers-thread-fragile.ts'

const started = async () => {
  const worker = platform.startWorker(new URL('layers-thread-fragile.ts', import.meta.url))
  const calls = new ThreadCalls<Fragile, number>(worker, 0)
  await calls.ready
  return calls
}

test('calls are answered each as its own, with the state of the service', async () => {
  const calls = await started()
  const numbers = [3, 1, 2]
  deepStrictEqual(await Promise.all(numbers.map(number => calls.call('later', number))), numbers)
  deepStrictEqual(calls.state, 3)
  await rejects(calls.call('refuse', 'RangeError'), /^RangeError: no$/)
  await rejects(calls.call('refuse', 'CheckpointError'), /^CheckpointError: no$/)
  await rejects(calls.call('refuse', 'SomeError'), /^Error: no$/)
  await calls.close()
})

test('buffers move, and are not copied', async () => {
  const calls = await started()
  const bytes = Uint8Array.of(1, 2, 3)
  deepStrictEqual(await calls.call('back', bytes), Uint8Array.of(1, 2, 3))
  deepStrictEqual(bytes.length, 0)
  await calls.close()
})

test('a thread that ends rejects every call that waits, each once, and all later ones', async () => {
  for (const [way, line] of [
    ['exit', "layers: the network's thread ended by itself"],
    ['throw', "layers: the network's thread failed (on purpose)"]
  ] as const) {
    const calls = await started()
    const answers = await Promise.allSettled([
      calls.call('never'),
      calls.call('never'),
      calls.call('die', way)
    ])
    const later = await Promise.allSettled([calls.call('later', 1)])
    deepStrictEqual(
      [...answers, ...later].map(answer => (answer.status === 'rejected' ? answer.reason.message : answer)),
      [line, line, line, line]
    )
    await calls.close()
  }
})

test('a thread that cannot start says so', async () => {
  const calls = new ThreadCalls<Fragile, number>(
    platform.startWorker(new URL('layers-thread-missing.ts', import.meta.url)),
    0
  )
  await rejects(calls.ready, /layers: the network's thread failed \(Cannot find module/)
})
