// A job that ends in a sink: a file that is complete only if the sink came to its end.

import { writeFileSync } from 'node:fs'
import { defineJob, lines, pipe, z } from 'tensair'

export default defineJob({
  name: 'copy',
  options: z.object({ output: z.string() }),
  flow: ({ options, signal, counted }) =>
    pipe(lines('-', { signal }), counted, async items => {
      const copied = await Array.fromAsync(items)
      writeFileSync(options.output, `${copied.join('\n')}\nend\n`)
    })
})
