import { platform } from '../platform.ts'
import { instantiate } from './module.ts'
import {
  CONTROL,
  controlWords,
  ENTRY,
  ENTRY_BYTES,
  NUMBERS_AT_ONCE,
  type TrainingStart
} from './training-ring.ts'

const port = await platform.workerPort()

port.onMessage(async message => {
  const { module, memory, control, ring, entries, job, scratch } = message as TrainingStart
  const kernels = await instantiate(module, memory)
  const words = controlWords(memory, control)
  let trained: number[] = []
  const post = () => {
    if (trained.length > 0) port.postMessage(trained)
    trained = []
  }
  for (;;) {
    const number = Atomics.add(words, CONTROL.taken, 1)
    for (;;) {
      const published = Atomics.load(words, CONTROL.published)
      if (Atomics.load(words, CONTROL.stop) !== 0) {
        port.postMessage('stopped')
        return
      }
      if (published > number) break
      post()
      Atomics.wait(words, CONTROL.published, published)
    }
    const head = ring + (number % entries) * ENTRY_BYTES
    // Made anew for each batch: the buffer changes when the memory grows.
    const entry = new Uint32Array(memory.buffer, head, ENTRY.slots)
    const rate = new Float32Array(memory.buffer, head, ENTRY.slots)[ENTRY.rate]
    kernels.trainSkipGram(
      job,
      scratch,
      head + ENTRY.slots * 4,
      entry[ENTRY.count],
      entry[ENTRY.key],
      rate,
      entry[ENTRY.keep],
      entry[ENTRY.threshold],
      entry[ENTRY.alias],
      entry[ENTRY.rows]
    )
    trained.push(number)
    if (trained.length === NUMBERS_AT_ONCE) post()
  }
})

// Messages that come before there is a listener are lost in a browser.
port.postMessage('ready')
