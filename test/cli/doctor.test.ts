import { match, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { tensair } from './tensair.ts'

test('doctor says of each device what it can do, measured, and what auto would choose and why', async () => {
  const { code, stdout, stderr } = await tensair(['doctor', '--threads', '1'])

  strictEqual(code, 0, stderr)
  match(stdout, /^webgpu: /m)
  match(
    stdout,
    /^wasm: WASM SIMD.*1 thread$[\s\S]*copy bandwidth, measured +\d+\.\d GB\/s[\s\S]*arithmetic peak, measured +\d/m
  )
  match(stdout, /^auto would choose (wasm|webgpu): .+$/m)
})
