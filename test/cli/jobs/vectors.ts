// A job with a model, that the peers of a swarm train together.

import { defineJob, lines, pipe, tokenize, train, word2vec, z } from 'tensair'
import { fileStore } from 'tensair/node'

export default defineJob({
  name: 'vectors',
  options: z.object({
    input: z.string().default('-'),
    output: z.string(),
    dim: z.number().int().default(16)
  }),
  model: async ({ openDevice, options: { dim }, shared, warn }) =>
    word2vec(await openDevice(), { dim, minCount: 2, capacity: 8192, shared }, warn),
  flow: ({ options, model, signal, shard, share }) =>
    pipe(lines(options.input, { signal }), shard, tokenize(), train(share(model))),
  finish: ({ options, model }) => model.save(fileStore(options.output))
})
