import type { Word2Vec } from '../models/word2vec-replica.ts'
import type { Progress, Swarm } from '../types.ts'
import type { EndEvent, JobEvent } from './events.ts'
import { SwarmLog } from './swarm-log.ts'

/** Turns what a model has come to into events: paces, shares, times. */
export class RunLog {
  /** Whether the first words have been trained. */
  started = false
  /** Words the model had read before this run. */
  readonly resumedWords: number
  readonly #model: Word2Vec
  readonly #device: string
  readonly #tell: (event: JobEvent) => void
  readonly #opened: number
  readonly #swarm: SwarmLog | undefined
  #savedWords: number
  #savingMs = 0
  #startedAt = 0
  #startedShare = 0
  #last: { at: number; words: number }
  #ended = false

  /** `opened`: when the job began, by performance.now(). */
  constructor(
    model: Word2Vec,
    device: string,
    opened: number,
    tell: (event: JobEvent) => void,
    swarm?: Swarm
  ) {
    this.#model = model
    this.#device = device
    this.#opened = opened
    this.#tell = tell
    this.#swarm = swarm && new SwarmLog(swarm, tell)
    this.resumedWords = model.counts.words
    this.#savedWords = model.counts.words
    this.#last = { at: opened, words: this.resumedWords }
  }

  /** Whether words have been read that are in no checkpoint. */
  get unsaved(): boolean {
    return this.#model.counts.words > this.#savedWords
  }

  /** Tells that the first words have been trained, once. */
  start(progress: Progress): void {
    if (this.started) return
    this.started = true
    this.#startedAt = performance.now()
    this.#startedShare = progress.position?.share ?? 0
    this.#tell({
      event: 'started',
      device: this.#device,
      resumedWords: this.resumedWords,
      seconds: (this.#startedAt - this.#opened) / 1000
    })
  }

  progress({ words, loss, position }: Progress): void {
    if (this.#ended) return
    const now = performance.now()
    const share = position?.share
    const passed = share === undefined ? 0 : share - this.#startedShare
    const wordsPerSecond = ((words - this.#last.words) * 1000) / (now - this.#last.at)
    this.#last = { at: now, words }
    const swarm = this.#swarm?.progress()
    this.#tell({
      event: 'progress',
      words,
      wordsPerSecond,
      vocabulary: this.#model.counts.vocabulary,
      ...(Number.isFinite(loss) && { loss }),
      ...(share !== undefined && { share }),
      ...(share !== undefined &&
        passed > 0.01 && { secondsLeft: (((now - this.#startedAt) / 1000) * (1 - share)) / passed }),
      ...(swarm !== undefined && { swarm })
    })
  }

  /** Runs a save and tells of it. */
  async save(act: () => Promise<void>): Promise<void> {
    const before = performance.now()
    const { words } = this.#model.counts
    await act()
    const ms = performance.now() - before
    this.#savingMs += ms
    this.#savedWords = words
    this.#tell({ event: 'checkpoint', words, seconds: ms / 1000 })
  }

  /** Tells that this peer has trained all it has, and waits for the others. */
  wait(): void {
    const { words } = this.#model.counts
    const seconds = (performance.now() - this.#opened - this.#savingMs) / 1000
    this.#tell({ event: 'waiting', words, seconds })
  }

  /** What the whole run came to; nothing is told after it. `sharedHash`: of the model at the end, in a swarm. */
  end(event: EndEvent['event'], loss: number, sharedHash?: string): EndEvent {
    this.#ended = true
    const { words, vocabulary } = this.#model.counts
    const runWords = words - this.resumedWords
    const seconds = Math.max(0.001, (performance.now() - this.#opened - this.#savingMs) / 1000)
    return {
      event,
      words,
      runWords,
      seconds,
      wordsPerSecond: runWords / seconds,
      vocabulary,
      ...(Number.isFinite(loss) && { loss }),
      ...(sharedHash !== undefined && { sharedHash }),
      ...(this.#swarm !== undefined && { swarm: this.#swarm.totals })
    }
  }
}
