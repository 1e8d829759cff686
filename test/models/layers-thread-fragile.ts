// A thread for tests: it answers, refuses, and dies.

import { platform } from '../../kernels/platform.ts'
import { serve } from '../../src/models/layers-thread-calls.ts'

let answered = 0

const fragile = {
  async later(number: number): Promise<number> {
    answered++
    return number
  },
  async refuse(name: string): Promise<void> {
    throw Object.assign(new Error('no'), { name })
  },
  async back(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    return bytes
  },
  never: (): Promise<void> => new Promise(() => {}),
  async die(way: 'exit' | 'throw'): Promise<void> {
    if (way === 'exit') process.exit(1)
    setImmediate(() => {
      throw new Error('on purpose')
    })
    await new Promise(() => {})
  }
}

export type Fragile = typeof fragile

serve(await platform.workerPort(), fragile, () => answered)
