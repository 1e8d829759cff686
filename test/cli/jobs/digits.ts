// A job with a network of TensorFlow.js, that the peers of a swarm train together. Its input is the numbers of digits, one a line.

import { writeFile } from 'node:fs/promises'
import { defineJob, lines, map, pipe, train, z } from 'tensair'
import { layersModel, openTensorflow, seeded } from 'tensair/tensorflow'
import { accuracy, digitNetwork, digits } from '../../models/digits.ts'

export default defineJob({
  name: 'digits',
  options: z.object({
    input: z.string().default('-'),
    output: z.string(),
    ofEach: z.number().int().default(300),
    seed: z.number().int().default(1)
  }),
  async model({ threads, options: { seed } }) {
    const tensorflow = await openTensorflow({ threads: Math.min(threads, 8) })
    return layersModel(tensorflow, {
      model: await seeded(digitNetwork(), seed),
      loss: 'sparseCategoricalCrossentropy',
      optimizer: { kind: 'adam', rate: 0.003 }
    })
  },
  flow({ options, model, signal, shard, share }) {
    const examples = digits(0, options.ofEach)
    return pipe(
      lines(options.input, { signal }),
      shard,
      map(line => examples[Number(line) % examples.length]),
      train(share(model))
    )
  },
  async finish({ options, model }) {
    const unseen = digits(options.ofEach, 50)
    await writeFile(options.output, JSON.stringify({ accuracy: await accuracy(model, unseen) }))
  }
})
