// A job that runs on, without a model: in a swarm, how many peers there are.

import { defineJob, z } from 'tensair'

export default defineJob({
  name: 'ticks',
  options: z.object({
    every: z.number().min(1).default(10).describe('milliseconds between two'),
    agreed: z.string().default('').describe('what all peers must have the same')
  }),
  agree: ({ agreed }) => ({ agreed }),
  async *flow({ options, swarm, signal }) {
    try {
      for (;;) {
        yield swarm?.status().members.length ?? 0
        await new Promise(resolve => setTimeout(resolve, options.every))
      }
    } finally {
      console.error(`closed, ${signal.aborted ? 'and told so' : 'and not told'}`)
    }
  }
})
