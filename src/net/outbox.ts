import type { Entry } from './log.ts'
import type { LedgerMessage, Ranges } from './messages.ts'
import { ProtocolError } from './protocol-error.ts'
import { joined, packsIn } from './vector.ts'

/** How contents add up. All three are exact, and change nothing they are given. */
export interface ContentRules<Content> {
  /** The sum of at least one. */
  sum(parts: readonly Content[]): Content
  /** What must be added to `part` to give `whole`; may throw where `whole` cannot hold `part`. */
  subtract(whole: Content, part: Content): Content
  /** Bytes of memory. */
  bytes(content: Content): number
}

type Frame<Content> = Extract<LedgerMessage<Content>, { type: 'frame' }>

interface Waiting<Content> {
  ranges: Ranges
  parts: Content[]
  born: number
  /** Whether what comes later may be summed into it. */
  readonly open: boolean
}

// Parts that wait unsummed: more would hold memory, fewer would sum what is sent soon anyway.
const MOST_PARTS = 8
// Sums that wait because they cannot become one.
const MOST_SUMS = 8

/** What waits to be sent on one link, and what was sent and is not acknowledged yet. */
export class Outbox<Content> {
  readonly #rules: ContentRules<Content>
  readonly #mostFrames: number
  readonly #mostBytes: number
  #waiting: Waiting<Content>[] = []
  readonly #sent: number[] = [] // bytes of each frame
  #sentBytes = 0

  /** At most `mostFrames` frames, of `mostBytes` bytes together, are on their way; one may be larger alone. */
  constructor(rules: ContentRules<Content>, mostFrames: number, mostBytes: number) {
    this.#rules = rules
    this.#mostFrames = mostFrames
    this.#mostBytes = mostBytes
  }

  /** Packs that wait. */
  get waiting(): number {
    return this.#waiting.reduce((packs, { ranges }) => packs + packsIn(ranges), 0)
  }

  /** Frames that are on their way. */
  get unacknowledged(): number {
    return this.#sent.length
  }

  get empty(): boolean {
    return this.#waiting.length === 0 && this.#sent.length === 0
  }

  /**
   * Whether so many sums wait apart that the link had better start over: packs of an origin that come by turns from the
   * other side and from elsewhere leave holes, and a frame has none.
   */
  get scattered(): boolean {
    let sums = 0
    for (const { open } of this.#waiting) if (open) sums++
    return sums > MOST_SUMS
  }

  /** Adds what has just become part of the state, summed with what waits. */
  add({ ranges, content, born }: Entry<Content>): void {
    const last = this.#waiting.at(-1)
    const both = last?.open ? joined(last.ranges, ranges) : undefined
    if (last === undefined || both === undefined) {
      this.#waiting.push({ ranges, parts: [content], born, open: true })
      return
    }
    last.ranges = both
    last.parts.push(content)
    last.born = Math.min(last.born, born)
    if (last.parts.length > MOST_PARTS) last.parts = [this.#rules.sum(last.parts)]
  }

  /** Puts entries before all that waits; each is sent by itself, so that the other side can tell its packs apart. */
  addBefore(entries: readonly Entry<Content>[]): void {
    const before = entries.map(({ ranges, content, born }) => ({
      ranges,
      parts: [content],
      born,
      open: false
    }))
    this.#waiting = [...before, ...this.#waiting]
  }

  /** Forgets what waits. What is on its way stays, and its acknowledgements come. */
  clear(): void {
    this.#waiting = []
  }

  /** The next frame, if there is one and it may be sent now (ms). */
  next(now: number): Frame<Content> | undefined {
    const [first] = this.#waiting
    if (first === undefined || this.#sent.length >= this.#mostFrames) return undefined
    if (first.parts.length > 1) first.parts = [this.#rules.sum(first.parts)]
    const [content] = first.parts
    const bytes = this.#rules.bytes(content)
    if (this.#sent.length > 0 && this.#sentBytes + bytes > this.#mostBytes) return undefined
    this.#waiting.shift()
    this.#sent.push(bytes)
    this.#sentBytes += bytes
    return { type: 'frame', ranges: first.ranges, content, waited: Math.max(0, now - first.born) }
  }

  /** @throws ProtocolError where fewer frames are on their way. */
  acknowledge(frames: number): void {
    if (!Number.isSafeInteger(frames) || frames < 1 || frames > this.#sent.length) {
      throw new ProtocolError(`ack: 1 to ${this.#sent.length} frames are on their way; got ${frames}`)
    }
    for (const bytes of this.#sent.splice(0, frames)) this.#sentBytes -= bytes
  }
}
