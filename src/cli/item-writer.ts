import { once } from 'node:events'
import { ndjsonLine } from '../sinks/ndjson-line.ts'
import type { Chunk } from '../types.ts'

/**
 * Writes what a job's flow emits to standard output, as NDJSON, at the pace at which it is read; with `json`, where events go
 * there too, as events `{"event":"item","item":…}`.
 *
 * @throws SinkError, when writing, where JSON cannot hold an item.
 */
export function itemWriter(job: string, json: boolean): (items: Chunk<unknown>) => Promise<void> {
  let written = 0
  return async items => {
    let text = ''
    for (const item of items) {
      const line = ndjsonLine(job, item, written++)
      text += json ? `{"event":"item","item":${line.trimEnd()}}\n` : line
    }
    if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain')
  }
}
