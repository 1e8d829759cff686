import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Device } from '../../kernels/contract.ts'
import { openWasm } from '../../kernels/wasm/device.ts'
import { hasCheckpoint, openCheckpoint, saveCheckpoint } from '../../src/models/checkpoint.ts'
import { openWordModel } from '../../src/models/word-model.ts'
import { resumeWord2Vec, type Word2Vec, word2vec } from '../../src/models/word2vec.ts'
import type { Word2VecOptions } from '../../src/models/word2vec-options.ts'
import { readWordVectors } from '../../src/models/word2vec-state.ts'
import { fileStore } from '../../src/sinks/file-store.ts'
import type { Chunk } from '../../src/types.ts'
import { webgpu } from '../devices.ts'
import { smallLanguage } from './small-language.ts'

let device: Device
let folder: string
before(async () => {
  device = await openWasm({ threads: 1 })
  folder = mkdtempSync(join(tmpdir(), 'tensair-checkpoint-'))
})
after(async () => {
  await device.close()
  rmSync(folder, { recursive: true })
})

const lines = smallLanguage(5000)
const small: Word2VecOptions = { dim: 8, capacity: 3000, window: 3 }
const storeAt = (name: string) => fileStore(join(folder, name))

/** Lines as chunks of a size, each with its place: the line after it. */
function chunksFrom(line: number, size: number): Chunk<string[]>[] {
  const chunks: Chunk<string[]>[] = []
  for (let first = line; first < lines.length; first += size) {
    const items = lines.slice(first, first + size)
    const position = { bytes: first + items.length, share: (first + items.length) / lines.length }
    chunks.push({ length: items.length, position, [Symbol.iterator]: () => items[Symbol.iterator]() })
  }
  return chunks
}

/** All of a model's state, as the bytes of its checkpoint. */
async function stateOf(
  model: Word2Vec,
  name: string
): Promise<{ tensors: Buffer; state: object; loss: number }> {
  const store = storeAt(name)
  await model.save(store)
  const manifest = JSON.parse(readFileSync(join(store.place, 'checkpoint.json'), 'utf8'))
  const { loss, ...state } = manifest.state
  return {
    tensors: readFileSync(join(store.place, manifest.tensors.file)),
    state,
    loss: loss.sum / loss.contexts
  }
}

for (const [what, options] of [
  ['adagrad', {}],
  ['sgd with a linear schedule', { optimizer: 'sgd', schedule: 'linear', expectedWords: 50_000 }]
] as const) {
  test(`an interrupted and resumed run gives the same bits as one that was not (${what})`, async () => {
    const whole = await word2vec(device, { ...small, ...options })
    for (const chunk of chunksFrom(0, 700)) await whole.train(chunk)
    await whole.drain()
    const expected = await stateOf(whole, `${what} whole`)
    await whole.close()

    for (const [stopAfter, size, resumedSize] of [
      [1, 1, 5000],
      [3, 333, 100],
      [4, 1000, 777]
    ]) {
      const store = storeAt(`${what} ${size}`)
      const first = await word2vec(device, { ...small, ...options })
      for (const chunk of chunksFrom(0, size).slice(0, stopAfter)) await first.train(chunk)
      await first.save(store)
      await first.close()
      const { model, position } = await resumeWord2Vec(device, store, { dim: 8 })
      strictEqual(position?.bytes, stopAfter * size)
      for (const chunk of chunksFrom(position.bytes, resumedSize)) await model.train(chunk)
      await model.drain()
      const actual = await stateOf(model, `${what} ${size} end`)
      deepStrictEqual(actual.state, expected.state)
      ok(
        actual.tensors.equals(expected.tensors),
        `interrupted after ${stopAfter * size} lines, the tensors differ`
      )
      await model.close()
    }
  })
}

test('an interrupted and resumed run gives the same bits on the GPU', async () => {
  const gpu = await webgpu.open()
  const options: Word2VecOptions = { ...small, capacity: 500, negatives: 2 }
  const chunks = chunksFrom(lines.length - 2000, 500)
  const whole = await word2vec(gpu, options)
  for (const chunk of chunks) await whole.train(chunk)
  await whole.drain()

  const store = storeAt('gpu')
  const first = await word2vec(gpu, options)
  await first.train(chunks[0])
  await first.train(chunks[1])
  ok(first.counts.batches > 0, 'the interruption comes after a batch')
  await first.save(store)
  await first.close()
  const { model } = await resumeWord2Vec(gpu, store)
  for (const chunk of chunks.slice(2)) await model.train(chunk)
  await model.drain()

  const [actual, expected] = [await stateOf(model, 'gpu resumed'), await stateOf(whole, 'gpu whole')]
  deepStrictEqual(actual.state, expected.state)
  ok(actual.tensors.equals(expected.tensors), 'the tensors differ')
  await gpu.close()
})

test('saving changes nothing, and a finished run can be resumed with more text', async () => {
  const [plain, saved] = [await word2vec(device, small), await word2vec(device, small)]
  const store = storeAt('saving')
  for (const [i, chunk] of chunksFrom(0, 800).entries()) {
    await plain.train(chunk)
    await saved.train(chunk)
    if (i % 2 === 0) await saved.save(store)
  }
  for (const model of [plain, saved]) await model.drain()
  await saved.save(store)
  const { model: resumed } = await resumeWord2Vec(device, store)
  for (const model of [plain, resumed]) {
    await model.train(lines)
    await model.drain()
  }
  const expected = await stateOf(plain, 'plain end')
  const actual = await stateOf(resumed, 'resumed end')
  ok(actual.tensors.equals(expected.tensors))
  // One pair of files, however often it was saved.
  deepStrictEqual(readdirSync(store.place).sort(), ['checkpoint-5.safetensors', 'checkpoint.json'].sort())
  for (const model of [plain, saved, resumed]) await model.close()
})

test('a model that scanned its text first resumes exactly too', async () => {
  const ends: Buffer[] = []
  for (const interrupted of [false, true]) {
    let model = await word2vec(device, small)
    await model.scan(lines)
    const store = storeAt(`scanned ${interrupted}`)
    if (interrupted) await model.save(store)
    for (const chunk of chunksFrom(0, 900)) {
      if (interrupted) {
        await model.close()
        model = (await resumeWord2Vec(device, store)).model
      }
      await model.train(chunk)
      await model.save(store)
    }
    await model.drain()
    ends.push((await stateOf(model, `scanned ${interrupted} end`)).tensors)
    await model.close()
  }
  ok(ends[0]?.equals(ends[1] ?? Buffer.of()))
})

test('a loaded model answers as the one that was saved', async () => {
  const model = await word2vec(device, small)
  await model.train(lines)
  await model.drain()
  const store = storeAt('loaded')
  await model.save(store)
  const vectors = await readWordVectors(store)
  deepStrictEqual(vectors, await model.vectors())
  const loaded = await openWordModel(device, vectors)
  deepStrictEqual(await loaded.vector('a3'), await model.vector('a3'))
  deepStrictEqual(await loaded.nearest('a3', 5), await model.nearest('a3', 5))
  deepStrictEqual(await loaded.analogy('a1', 'a2', 'b1', 5), await model.analogy('a1', 'a2', 'b1', 5))
  await loaded.close()
  await model.close()
})

test('other options on resume are refused with both values', async () => {
  const store = storeAt('options')
  const model = await word2vec(device, small)
  await model.save(store)
  await rejects(resumeWord2Vec(device, store, { dim: 12, seed: 5, window: 3 }), {
    name: 'RangeError',
    message: `word2vec: the checkpoint in ${store.place} was made with dim 8, not 12 and seed 1, not 5; resume without these options, or start anew in another folder`
  })
  await model.close()
})

test('a damaged checkpoint is one clear line, whatever is damaged', async () => {
  const store = storeAt('damaged')
  await rejects(resumeWord2Vec(device, store), {
    name: 'CheckpointError',
    message: /no checkpoint in .*damaged: there is no checkpoint.json/
  })
  strictEqual(await hasCheckpoint(store), false)
  const model = await word2vec(device, small)
  await model.train(lines.slice(0, 500))
  await model.save(store)
  await model.close()
  strictEqual(await hasCheckpoint(store), true)
  const manifestPath = join(store.place, 'checkpoint.json')
  const tensorPath = join(store.place, 'checkpoint-1.safetensors')
  const manifest = readFileSync(manifestPath, 'utf8')
  const tensors = readFileSync(tensorPath)
  const refused = async (message: RegExp) => {
    await rejects(resumeWord2Vec(device, store), { name: 'CheckpointError', message })
    writeFileSync(manifestPath, manifest)
    writeFileSync(tensorPath, tensors)
  }
  const flipped = Buffer.from(tensors)
  flipped[tensors.length >> 1] ^= 1
  writeFileSync(tensorPath, flipped)
  await refused(/checkpoint in .*damaged: checkpoint-1.safetensors is damaged, its digest is another/)
  truncateSync(tensorPath, tensors.length - 1)
  await refused(/checkpoint-1.safetensors has \d+ bytes, the manifest says \d+/)
  rmSync(tensorPath)
  await refused(/checkpoint-1.safetensors is missing/)
  for (const text of ['', '{', 'null', '[]', '{"format":"tensair checkpoint"}', manifest.slice(0, -20)]) {
    writeFileSync(manifestPath, text)
    await refused(/checkpoint.json is damaged, it is not a manifest/)
  }
  writeFileSync(manifestPath, manifest.replace('checkpoint-1.safetensors', '../../etc/passwd'))
  await refused(/checkpoint.json is damaged/)
  writeFileSync(manifestPath, manifest.replace('"version": 1', '"version": 2'))
  await refused(/version 2; this program reads version 1/)
  writeFileSync(manifestPath, manifest.replace('"model": "word2vec"', '"model": "images"'))
  await refused(/it is of a images model; a word2vec model is wanted/)
  writeFileSync(manifestPath, manifest.replace(/"batches": \d+/, '"batches": -1'))
  await refused(/batches must be a whole number; got -1/)
})

const noFullDevice = existsSync('/dev/full') ? false : 'there is no /dev/full here'

test('a disk that is full while saving leaves the previous checkpoint as it was', {
  skip: noFullDevice
}, async () => {
  const store = storeAt('full')
  const model = await word2vec(device, small)
  await model.train(lines.slice(0, 1000))
  await model.save(store)
  const before = await openCheckpoint(store, 'word2vec')
  await model.train(lines.slice(1000))
  for (const name of ['checkpoint-2.safetensors', 'checkpoint.json']) {
    symlinkSync('/dev/full', join(store.place, `${name}.tmp`))
    await rejects(model.save(store), {
      message: `${join(store.place, name)}: not written, no space left on the disk; what was there before is untouched`
    })
    deepStrictEqual((await openCheckpoint(store, 'word2vec')).state, before.state)
    deepStrictEqual(readdirSync(store.place).sort(), ['checkpoint-1.safetensors', 'checkpoint.json'].sort())
  }
  // Room again: the next one is saved as if nothing had been.
  await model.save(store)
  strictEqual((await openCheckpoint(store, 'word2vec')).state.words, model.counts.words)
  await model.close()
})

test('a tensor of another type or of too few values is refused', async () => {
  const store = storeAt('types')
  await saveCheckpoint(
    store,
    'test',
    {},
    { a: { dtype: 'U32', shape: [2], parts: () => [Uint32Array.of(3, 4)] } }
  )
  const checkpoint = await openCheckpoint(store, 'test')
  deepStrictEqual(await checkpoint.read('a', 'U32', 1, 1), Uint32Array.of(4))
  await rejects(checkpoint.read('a', 'F32', 0, 2), /tensor a is U32 \[2\]; values 0 … 1 of F32 are wanted/)
  await rejects(checkpoint.read('a', 'U32', 1, 2), /tensor a is U32 \[2\]; values 1 … 2 of U32 are wanted/)
  await rejects(checkpoint.read('b', 'U32', 0, 1), /tensor b is missing/)
})
