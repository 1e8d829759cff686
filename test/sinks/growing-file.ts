// What the tests of sinks that write files have in common.

import { readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'

/** Resolves when something holds. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await setTimeout(5)
}

/** What a file holds; empty where there is none. */
export async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

/** A stream that is fed by hand, and ends or fails when it is told to. */
export function feed<Item>() {
  const waiting: Item[] = []
  let wake = () => {}
  let over: 'open' | 'ended' | Error = 'open'
  async function* items(): AsyncGenerator<Item> {
    for (;;) {
      while (waiting.length > 0) yield waiting.shift() as Item
      if (over instanceof Error) throw over
      if (over === 'ended') return
      await new Promise<void>(resolve => (wake = resolve))
    }
  }
  const tell = (act: () => void) => {
    act()
    wake()
  }
  return {
    items: items(),
    give: (...more: Item[]) => tell(() => waiting.push(...more)),
    end: () => tell(() => (over = 'ended')),
    fail: (error: Error) => tell(() => (over = error))
  }
}
