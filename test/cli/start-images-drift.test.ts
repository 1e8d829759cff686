import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { encode } from 'fast-png'
import { digits } from '../models/digits.ts'
import { events, folder, tensair } from './tensair.ts'

/** 40 of each of three digits for training and 10 for testing, as PNG images. */
function threeDigits(root: string): string {
  for (const [i, { input, label }] of digits(0, 50).entries()) {
    if (Number(label) > 2) continue
    const to = join(root, i < 400 ? 'train' : 'test', String(label))
    mkdirSync(to, { recursive: true })
    const data = Uint8Array.from(input, value => Math.round(value * 255))
    writeFileSync(join(to, `${i}.png`), encode({ width: 28, height: 28, data, channels: 1, depth: 8 }))
  }
  return root
}

test('start images finds the drift where labels are swapped, and says at which mini-batch', async t => {
  const root = folder(t)
  const { code, stdout, stderr } = await tensair([
    ...['start', 'images', '--data', threeDigits(join(root, 'digits')), '--network', 'mlp', '--batch', '4'],
    ...['--device', 'wasm', '--threads', '1', '--samples', '0', '--output', join(root, 'out'), '--json'],
    ...['--mode', 'when-needed', '--epochs', '4'],
    ...['--swap', '0:1', '--swap-at', '61b', '--converge-over', '15', '--converge-within', '0.2'],
    ...['--detector', 'optwin:rho=1,maxWindow=60']
  ])
  strictEqual(code, 0, stderr)
  const told = events(stdout).flatMap(({ item }) => (item === undefined ? [] : [item as Item]))
  const course = told.filter(({ type }) => type === 'drift' || type === 'training' || type === 'stable')
  deepStrictEqual(
    course.slice(0, 4).map(({ type }) => type),
    ['training', 'stable', 'drift', 'training']
  )
  const { batch, images } = course[2]
  ok(batch > 61 && batch < 75, `found at ${batch}`)
  strictEqual(images, 4 * batch)
  const epochs = told.flatMap(({ type, heldOut }) => (type === 'epoch' ? [heldOut.accuracy] : []))
  ok(epochs[1] > 0.8 && epochs[3] > 0.8, `accuracy on swapped labels: ${epochs}`)
})

interface Item {
  readonly type: string
  readonly batch: number
  readonly images: number
  readonly heldOut: { readonly accuracy: number }
}
