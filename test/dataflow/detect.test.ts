import { deepStrictEqual, rejects, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { detect } from '../../src/dataflow/detect.ts'
import { ddm } from '../../src/drift/ddm.ts'
import { chunksOf } from '../../src/stream.ts'
import { read, source } from './source.ts'

const errors = [...Array.from({ length: 200 }, (_, i) => Number(i % 10 === 0)), ...Array(60).fill(1)]

test('detect puts beside each value what the detector says of it', async () => {
  const detector = ddm()
  const wanted = errors.map(value => ({ value, verdict: detector.update(value) }))
  deepStrictEqual(
    await Array.fromAsync(detect(ddm())(source([errors.slice(0, 90), errors.slice(90)]))),
    wanted
  )
  deepStrictEqual(new Set(wanted.map(({ verdict }) => verdict)), new Set(['none', 'warning', 'drift']))
})

test('detect keeps positions, also of a chunk without items', async () => {
  const verdicts = await read(chunksOf(detect(ddm())(source([[0, 1], [], [0]]))))
  deepStrictEqual(
    verdicts.map(({ at, items }) => [at, items.length]),
    [
      [2, 2],
      [2, 0],
      [3, 1]
    ]
  )
})

test('detect goes on with the detector it was given', async () => {
  const detector = ddm()
  const before = await Array.fromAsync(detect(detector)(source([errors.slice(0, 204)])))
  const after = await Array.fromAsync(detect(detector)(source([errors.slice(204)])))
  deepStrictEqual([...before, ...after], await Array.fromAsync(detect(ddm())(source([errors]))))
})

test('detect says which value its detector refuses, or leaves it out', async () => {
  await rejects(Array.fromAsync(detect(ddm())(source([[0, 1], [Number.NaN]]))), {
    message: 'detect: item 2: ddm: each value must be an error, or a share of errors, from 0 to 1; got NaN'
  })
  const skipping = detect(ddm(), { onError: 'skip' })
  deepStrictEqual(await Array.fromAsync(skipping(source([[0, 7, 1]]))), [
    { value: 0, verdict: 'none' },
    { value: 1, verdict: 'none' }
  ])
  strictEqual(skipping.failed, 1)
})
