import { platform } from '../platform.ts'
import { instantiate } from './module.ts'
import { CONTROL, controlWords, ENTRY, ENTRY_BYTES, type TrainingStart } from './training-ring.ts'

const port = await platform.workerPort()

port.onMessage(async message => {
  const { module, memory, control, ring, entries, job, scratch } = message as TrainingStart
  const kernels = await instantiate(module, memory)
  const words = controlWords(memory, control)
  for (;;) {
    const number = Atomics.add(words, CONTROL.taken, 1)
    for (;;) {
      const published = Atomics.load(words, CONTROL.published)
      if (Atomics.load(words, CONTROL.stop) !== 0) {
        port.postMessage('stopped')
        return
      }
      if (published > number) break
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
    port.postMessage(number)
  }
})

// Messages that come before there is a listener are lost in a browser.
port.postMessage('ready')
