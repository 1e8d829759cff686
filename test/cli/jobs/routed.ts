// A job that sends numbered items to the peers that own their keys, and counts each key's there.

import { defineJob, exchange, map, pipe, reduce, z } from 'tensair'

/** Item `n` of a sender. */
export interface Numbered {
  readonly key: string
  readonly sender: string
  readonly n: number
}

/** An item where it came out, and how many of its key have come so far. */
export interface Counted extends Numbered {
  readonly count: number
}

export default defineJob({
  name: 'routed',
  options: z.object({
    sender: z.string(),
    items: z.number().int().default(1_000_000_000),
    keys: z.number().int().default(50),
    burst: z.number().int().default(100).describe('items at once'),
    every: z.number().default(2).describe('milliseconds from one burst to the next'),
    pause: z.number().default(0).describe('milliseconds that each takes where it comes out'),
    least: z.number().int().default(2).describe('peers that there must be')
  }),
  flow({ options, swarm, leaving, counted, warn }) {
    const { sender, items, keys, burst, every, pause, least } = options
    async function* numbered(): AsyncGenerator<Numbered> {
      for (let n = 0; n < items; n++) {
        if (n % burst === 0) await new Promise(resolve => setTimeout(resolve, every))
        yield { key: `key ${(n * 7) % keys}`, sender, n }
      }
    }
    const routed = exchange<Numbered>(swarm, {
      key: ({ key }) => key,
      least,
      leaving,
      onLost: ({ partitions }) => warn(`state of ${partitions.length} partitions was lost`)
    })
    return pipe(
      numbered(),
      counted,
      routed,
      reduce({
        key: ({ key }: Numbered) => key,
        initial: (): Counted => ({ key: '', sender: '', n: 0, count: 0 }),
        reduce: ({ count }: Counted, item: Numbered): Counted => ({ ...item, count: count + 1 }),
        merge: (a, b) => ({ ...b, count: a.count + b.count }),
        moves: routed
      }),
      map(({ value }) =>
        pause === 0 ? value : new Promise<Counted>(resolve => setTimeout(resolve, pause, value))
      )
    )
  }
})
