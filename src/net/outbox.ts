import type { Entry } from './log.ts'
import type { LedgerMessage, Ranges } from './messages.ts'
import { ProtocolError } from './protocol-error.ts'
import { contains, joined, packsIn } from './vector.ts'

/** How contents add up. All are exact, and change nothing they are given. */
export interface ContentRules<Content> {
  /** The sum of at least one. */
  sum(parts: readonly Content[]): Content
  /** What must be added to `part` to give `whole`; may throw where `whole` cannot hold `part`. */
  subtract(whole: Content, part: Content): Content
  /** A pack that takes one back: with it, the sum changes nothing. */
  negate(content: Content): Content
  /** Bytes of memory. */
  bytes(content: Content): number
}

type Frame<Content> = Extract<LedgerMessage<Content>, { type: 'frame' }>

interface Waiting<Content> {
  ranges: Ranges
  parts: Content[]
  born: number
  readonly kind: 'single' | 'own' | 'others'
}

// Parts that wait unsummed: more would hold memory, fewer would sum what is sent soon anyway.
const MOST_PARTS = 8
// Sums that wait because they cannot become one.
const MOST_SUMS = 8

/**
 * What waits to be sent on one link, and what was sent and is not acknowledged yet. This peer's own packs and those of
 * others are never in one sum, so that its neighbours can tell what it made.
 */
export class Outbox<Content> {
  readonly #rules: ContentRules<Content>
  readonly #mostFrames: number
  readonly #mostBytes: number
  #waiting: Waiting<Content>[] = []
  readonly #sent: { readonly bytes: number; readonly ranges: Ranges }[] = []
  #sentBytes = 0
  #ownWasLast = false

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
    for (const { kind } of this.#waiting) if (kind !== 'single') sums++
    return sums > MOST_SUMS
  }

  /** Adds what has just become part of the state, summed with what waits. */
  add({ ranges, content, born, own }: Entry<Content>): void {
    const kind = own ? 'own' : 'others'
    const last = this.#lastOf(kind, ranges)
    const both = last && joined(last.ranges, ranges)
    if (last === undefined || both === undefined) {
      this.#waiting.push({ ranges, parts: [content], born, kind })
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
      kind: 'single' as const
    }))
    this.#waiting = [...before, ...this.#waiting]
  }

  /** Forgets what waits. What is on its way stays, and its acknowledgements come. */
  clear(): void {
    this.#waiting = []
  }

  /** The next frame, if there is one and it may be sent now (ms). */
  next(now: number): Frame<Content> | undefined {
    const place = this.#sent.length < this.#mostFrames ? this.#nextPlace() : -1
    if (place < 0) return undefined
    const next = this.#waiting[place]
    if (next.parts.length > 1) next.parts = [this.#rules.sum(next.parts)]
    const [content] = next.parts
    const bytes = this.#rules.bytes(content)
    if (this.#sent.length > 0 && this.#sentBytes + bytes > this.#mostBytes) return undefined
    this.#waiting.splice(place, 1)
    this.#sent.push({ bytes, ranges: next.ranges })
    this.#sentBytes += bytes
    this.#ownWasLast = next.kind === 'own'
    return { type: 'frame', ranges: next.ranges, content, waited: Math.max(0, now - next.born) }
  }

  /** Whether a frame of exactly these packs is on its way. */
  sent(packs: Ranges): boolean {
    return this.#sent.some(({ ranges }) => contains(ranges, packs) && contains(packs, ranges))
  }

  /** @throws ProtocolError where fewer frames are on their way. */
  acknowledge(frames: number): void {
    if (!Number.isSafeInteger(frames) || frames < 1 || frames > this.#sent.length) {
      throw new ProtocolError(`ack: 1 to ${this.#sent.length} frames are on their way; got ${frames}`)
    }
    for (const { bytes } of this.#sent.splice(0, frames)) this.#sentBytes -= bytes
  }

  /** The sum of a kind that packs may join: the last one, unless something behind it has packs that come before them. */
  #lastOf(kind: 'own' | 'others', ranges: Ranges): Waiting<Content> | undefined {
    for (let place = this.#waiting.length - 1; place >= 0; place--) {
      const waiting = this.#waiting[place]
      if (waiting.kind === kind) return waiting
      if (meets(waiting.ranges, ranges)) return undefined
    }
    return undefined
  }

  /** Which may be sent next; -1 where none may. Own packs and others' take turns, so that neither holds up the other. */
  #nextPlace(): number {
    if (this.#waiting[0]?.kind === 'single') return 0
    const own = this.#firstOf('own')
    const others = this.#firstOf('others')
    if (own < 0 || others < 0) return Math.max(own, others)
    return this.#ownWasLast ? others : own
  }

  /** The first sum of a kind, unless something before it has packs of the same origins, which stay in order; or -1. */
  #firstOf(kind: 'own' | 'others'): number {
    const place = this.#waiting.findIndex(waiting => waiting.kind === kind)
    if (place < 0) return -1
    const { ranges } = this.#waiting[place]
    return this.#waiting.slice(0, place).some(before => meets(before.ranges, ranges)) ? -1 : place
  }
}

/** Whether an origin is in both. */
function meets(a: Ranges, b: Ranges): boolean {
  for (const origin of b.keys()) if (a.has(origin)) return true
  return false
}
