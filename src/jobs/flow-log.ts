import type { Swarm } from '../types.ts'
import type { FlowEndEvent, FlowEvent } from './flow-events.ts'
import { SwarmLog } from './swarm-log.ts'

/** Turns what a flow has come to into events: counts, paces, times. */
export class FlowLog {
  readonly #job: string
  readonly #items: () => number
  readonly #opened: number
  readonly #tell: (event: FlowEvent) => void
  readonly #swarm: SwarmLog | undefined
  #last: { at: number; items: number }
  #seconds: number | undefined

  /** `opened`: when the job began, by performance.now(); `items`: how many there are by now. */
  constructor(
    job: string,
    opened: number,
    items: () => number,
    tell: (event: FlowEvent) => void,
    swarm?: Swarm
  ) {
    this.#job = job
    this.#items = items
    this.#opened = opened
    this.#tell = tell
    this.#swarm = swarm && new SwarmLog(swarm, tell)
    this.#last = { at: performance.now(), items: 0 }
  }

  start(): void {
    this.#tell({ event: 'started', job: this.#job, seconds: this.#passed() })
  }

  progress(): void {
    const at = performance.now()
    const items = this.#items()
    const itemsPerSecond = ((items - this.#last.items) * 1000) / Math.max(1, at - this.#last.at)
    this.#last = { at, items }
    const swarm = this.#swarm?.progress()
    this.#tell({ event: 'progress', items, itemsPerSecond, ...(swarm !== undefined && { swarm }) })
  }

  /** The flow is over: what comes now is not its time. */
  ended(): void {
    this.#seconds = this.#passed()
  }

  /** Tells that it waits for the other peers. */
  wait(): void {
    this.#tell({ event: 'waiting', items: this.#items(), seconds: this.#passed() })
  }

  /** What the whole run came to. `sharedHash`: of the model at the end, in a swarm. */
  end(event: FlowEndEvent['event'], sharedHash?: string): FlowEndEvent {
    const items = this.#items()
    const seconds = this.#passed()
    return {
      event,
      items,
      seconds,
      itemsPerSecond: items / seconds,
      ...(sharedHash !== undefined && { sharedHash }),
      ...(this.#swarm !== undefined && { swarm: this.#swarm.totals })
    }
  }

  #passed(): number {
    return this.#seconds ?? Math.max(0.001, (performance.now() - this.#opened) / 1000)
  }
}
