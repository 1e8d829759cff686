import { platform } from '../platform.ts'
import { type Exports, instantiate } from './module.ts'
import type { RoofTask } from './roof.ts'

type Measurement = Exclude<RoofTask, { kind: 'open' }>

// Multiply-adds count as two operations; a round has 48.
const OPERATIONS = 96
const ROUNDS = 100_000
const FACTOR = 1e-9

const port = await platform.workerPort()
let kernels: Exports
let copy = () => {}
let copyBytes = 0

/** Repeats `work`, which does `size`, through each window; returns what was done a second in each. */
function rates(work: () => void, size: number, { windows, milliseconds }: Measurement): number[] {
  return Array.from({ length: windows }, () => {
    const start = performance.now()
    let times = 0
    let now = start
    while (now - start < milliseconds) {
      work()
      times++
      now = performance.now()
    }
    return (times * size * 1000) / (now - start)
  })
}

port.onMessage(async message => {
  const task = message as RoofTask
  if (task.kind === 'open') {
    const { from, to, bytes } = task
    kernels = await instantiate(task.module, task.memory)
    copyBytes = bytes * 2
    copy = () => kernels.copyRoof(to, from, bytes)
    // The first copy brings the pages into being.
    copy()
    for (let i = 0; i < 10; i++) kernels.maddRoof(ROUNDS, i, FACTOR)
    port.postMessage([])
  } else if (task.kind === 'copy') {
    port.postMessage(rates(copy, copyBytes, task))
  } else {
    port.postMessage(rates(() => kernels.maddRoof(ROUNDS, 1, FACTOR), ROUNDS * OPERATIONS, task))
  }
})

// Messages that come before there is a listener are lost in a browser.
port.postMessage([])
