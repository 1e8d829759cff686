import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWasm } from '../../../kernels/wasm/device.ts'
import { hasRelaxedSimd, loadModule } from '../../../kernels/wasm/module.ts'

test('the relaxed build is taken exactly where the engine has relaxed SIMD', async () => {
  const { relaxed } = await loadModule()
  assert.equal(relaxed, hasRelaxedSimd())
  const device = await openWasm({ threads: 3 })
  assert.equal(device.name, `WASM SIMD, ${relaxed ? 'relaxed, ' : ''}3 threads`)
  await device.close()
})

test('both builds import nothing but a shared memory and export the same functions', async () => {
  const builds = await Promise.all([loadModule({ relaxed: false }), loadModule({ relaxed: true })])
  const [plain, relaxed] = builds.map(build => WebAssembly.Module.exports(build.module))
  assert.deepEqual(plain, relaxed)
  for (const { module } of builds) {
    assert.deepEqual(WebAssembly.Module.imports(module), [{ module: 'env', name: 'memory', kind: 'memory' }])
  }
})

test('both builds draw and pack the same rows bit for bit, and find the same neighbours', async () => {
  const [dim, count] = [100, 50]
  const keys = Uint32Array.from({ length: 2 * count }, (_, i) => Math.imul(i, 0x9e3779b9))
  const answers = []
  for (const relaxed of [false, true]) {
    const device = await openWasm({ threads: 1, relaxed })
    const table = await device.createTable({ name: 'words', capacity: count, dim, init: 'uniform' })
    table.initRows(0, keys)
    const drawn = await table.read('weights', 0, count)
    const nearest = await device.nearest(table, count, drawn.subarray(0, 7 * dim), 5)
    await table.write('weights', 0, drawn.map((value, i) => value + Math.sin(i) / 100)) // biome-ignore format: one step
    await table.write('hits', 0, new Uint32Array(count).fill(1))
    answers.push({ drawn, nearest, packed: await device.pack(table) })
    await device.close()
  }
  const [plain, relaxed] = answers
  assert(plain !== undefined && relaxed !== undefined)
  assert.deepEqual(relaxed.drawn, plain.drawn)
  assert.deepEqual(relaxed.packed, plain.packed)
  assert.deepEqual(relaxed.nearest.rows, plain.nearest.rows)
  for (const [i, score] of plain.nearest.scores.entries()) {
    assert(Math.abs(score - (relaxed.nearest.scores[i] ?? Number.NaN)) < 1e-6)
  }
})
