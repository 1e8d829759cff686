import { deepStrictEqual, match, ok, rejects, strictEqual } from 'node:assert'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Device, DeviceLostError } from '../../kernels/contract.ts'
import { openDevice } from '../../kernels/index.ts'
import type { JobEvent } from '../../src/jobs/events.ts'
import type { Text } from '../../src/jobs/text.ts'
import { NoWordsError, runWord2Vec, type Word2VecJob } from '../../src/jobs/word2vec.ts'
import { resumeWord2Vec } from '../../src/models/word2vec.ts'
import { fileStore } from '../../src/sinks/file-store.ts'
import { lines } from '../../src/sources/lines.ts'
import { chunksOf, stream } from '../../src/stream.ts'
import type { Store } from '../../src/types.ts'
import { folder } from '../cli/tensair.ts'
import { topicText } from '../corpus.ts'

const place = folder({ after })
// More than two chunks of half a megabyte, so that there is a middle to stop in.
const long = textOf('long.txt', topicText(16_000))
const short = textOf('short.txt', topicText(4000, 2))
// The same lines again and again: it ends when it is told to.
const endless: Text = {
  ...short,
  open: (_, signal) =>
    stream(async function* () {
      while (!signal.aborted) yield* chunksOf(short.open(0, signal))
    })
}
const options = { dim: 16, seed: 7 }
let device: Device

before(async () => {
  device = (await openDevice('wasm', { threads: 1 })).device
})
after(() => device.close())

function textOf(name: string, content: string): Text {
  const path = join(place, name)
  writeFileSync(path, content)
  return { name: path, resumable: true, open: (from, signal) => lines(path, { from, signal }) }
}

/** Runs the job, and gives its vectors, its end and all it told. */
async function run(job: Omit<Word2VecJob, 'device'>) {
  const told: JobEvent[] = []
  const { model, end } = await runWord2Vec({
    ...job,
    device,
    ...(job.resume !== true && { options }),
    tell(event) {
      told.push(event)
      job.tell?.(event)
    }
  })
  const vectors = await model.vectors()
  await model.close()
  return { vectors, end, told }
}

test('a run that is interrupted and gone on with gives the bits of one that is not', async () => {
  const whole = await run({ text: long, store: fileStore(join(place, 'whole')) })
  const store = fileStore(join(place, 'parts'))
  const stop = new AbortController()
  const tell = (event: JobEvent) => event.event === 'started' && stop.abort()
  const first = await run({ text: long, store, signal: stop.signal, tell })
  const second = await run({ text: long, store, resume: true })

  strictEqual(first.end.event, 'interrupted')
  ok(first.end.words > 0 && first.end.words < 160_000, `${first.end.words} words in the first part`)
  strictEqual(second.end.words, 160_000)
  deepStrictEqual(second.vectors, whole.vectors)
})

test('a model goes on with another text from its start', async () => {
  const store = fileStore(join(place, 'two-texts'))
  await run({ text: long, store })
  const { end } = await run({ text: short, store, resume: true })
  const again = await run({ text: short, store, resume: true })

  strictEqual(end.runWords, 40_000)
  strictEqual(again.end.runWords, 0) // all of it has been read
})

test('checkpoints are written on the way', async () => {
  const stop = new AbortController()
  let checkpoints = 0
  const tell = ({ event }: JobEvent) => {
    if (event === 'checkpoint' && ++checkpoints === 2) stop.abort()
  }
  const store = fileStore(join(place, 'often'))
  const { end } = await run({ text: endless, store, checkpointEvery: 0.02, tell, signal: stop.signal })

  strictEqual(end.event, 'interrupted')
  ok(checkpoints >= 2)
})

test('a device that is lost ends the run in its error, with the last checkpoint intact', async () => {
  const lost = Promise.withResolvers<DeviceLostError>()
  const failing: Device = Object.create(device, { lost: { value: lost.promise } })
  const store = fileStore(join(place, 'lost'))
  let saved = 0
  const tell = (event: JobEvent) => {
    if (event.event !== 'checkpoint') return
    saved++
    lost.resolve(new DeviceLostError('wasm: the device was taken away'))
  }

  await rejects(
    runWord2Vec({ device: failing, store, text: endless, options, tell, checkpointEvery: 0.02 }),
    {
      name: 'DeviceLostError',
      message: /the device was taken away/
    }
  )

  ok(saved > 0)
  const { model } = await resumeWord2Vec(device, store)
  ok(model.counts.words > 0)
  await model.close()
})

test('a checkpoint that fails on the way is a warning, and training goes on', async () => {
  const good = fileStore(join(place, 'failing'))
  let broken = true
  const store: Store = {
    ...good,
    write: async (name, parts) => {
      if (broken && name.startsWith('checkpoint')) throw new Error('no space left on the disk')
      await good.write(name, parts)
    }
  }
  const stop = new AbortController()
  const tell = (event: JobEvent) => {
    if (event.event === 'warning') broken = false
    if (event.event === 'checkpoint') stop.abort()
  }
  const { told } = await run({ text: endless, store, checkpointEvery: 0.02, tell, signal: stop.signal })

  match(JSON.stringify(told), /"warning","message":"no space left on the disk/)
  ok(told.some(({ event }) => event === 'checkpoint'))
})

test('a text that breaks off is an error, and the model is saved as of its last chunk', async () => {
  const store = fileStore(join(place, 'breaks'))
  const breaking: Text = {
    ...short,
    open: (from, signal) =>
      stream(async function* () {
        yield* chunksOf(short.open(from, signal))
        throw new Error('the wire is cut')
      })
  }

  await rejects(run({ text: breaking, store }), /the wire is cut/)
  const { end } = await run({ text: short, store, resume: true })
  strictEqual(end.words, 40_000)
})

test('a text without words is refused', async () => {
  await rejects(
    run({ text: textOf('blank.txt', '\n \n'), store: fileStore(join(place, 'blank')) }),
    NoWordsError
  )
})
