import { type Entry, Log } from './log.ts'
import type { Age, Origin, Ranges, Vector } from './messages.ts'
import type { ContentRules } from './outbox.ts'
import { divide, lastOf } from './vector.ts'

/** Which packs a peer's shared state holds, and what it keeps of them to bring others up to date. */
export class Holdings<Content> {
  readonly #rules: ContentRules<Content>
  readonly #log: Log<Content>
  readonly #peer: string
  #start: number
  #vector: Map<Origin, number>
  readonly #made: Map<Origin, number>

  constructor(self: Age, initial: Vector, rules: ContentRules<Content>, logBytes: number) {
    this.#rules = rules
    this.#log = new Log(content => rules.bytes(content), logBytes)
    this.#peer = self.peer
    this.#start = self.start
    this.#vector = new Map(initial)
    this.#made = new Map([[this.origin, lastOf(initial, this.origin)]])
  }

  /** Under which name the next pack goes. */
  get origin(): Origin {
    return `${this.#peer}/${this.#start}`
  }

  get vector(): Vector {
    return this.#vector
  }

  /** The last pack that this peer has made, under each of its names. */
  get made(): Vector {
    return this.#made
  }

  /** The next pack of this peer, made now (ms); to be held. */
  pack(content: Content, now: number): Entry<Content> {
    const sequence = lastOf(this.#made, this.origin) + 1
    this.#made.set(this.origin, sequence)
    return { ranges: new Map([[this.origin, [sequence, sequence]]]), content, born: now, own: true }
  }

  /** Notes what becomes part of the state; it must continue it. */
  hold(entry: Entry<Content>): void {
    for (const [origin, [, last]] of entry.ranges) this.#vector.set(origin, last)
    this.#log.add(entry)
  }

  /**
   * What of an entry the state can take: all, or the rest where the log can tell the packs that it holds already. `old`:
   * it holds them all; `gap`: it lacks packs before them; `overlap`: the log cannot tell.
   */
  fit(entry: Entry<Content>): Entry<Content> | 'old' | 'gap' | 'overlap' {
    const parts = divide(entry.ranges, this.#vector)
    if (parts === undefined) return 'gap'
    if (parts.fresh.size === 0) return 'old'
    if (parts.old.size === 0) return entry
    const old = this.#log.cover(parts.old, true)
    if (old === undefined) return 'overlap'
    try {
      const held = this.#rules.sum(old.map(({ content }) => content))
      return { ...entry, ranges: parts.fresh, content: this.#rules.subtract(entry.content, held) }
    } catch {
      // One of them is not what it says it is, and there is no telling which.
      return 'overlap'
    }
  }

  /** As `Log.cover`. */
  cover(wanted: Ranges, exact: boolean): Entry<Content>[] | undefined {
    return this.#log.cover(wanted, exact)
  }

  /** The state is another now, of this vector; `replay` is to follow. */
  adopt(vector: Vector): void {
    this.#vector = new Map(vector)
    this.#log.adopt(vector)
  }

  /** Holds again what adoptions took out of the state, as far as it fits, and hands out each entry that does. */
  *replay(): Generator<Entry<Content>> {
    for (let again = this.#log.astray.size > 0; again; ) {
      again = false
      for (const astray of this.#log.astray) {
        const entry = this.fit(astray)
        if (typeof entry === 'string') continue
        this.#log.found(astray)
        this.hold(entry)
        yield entry
        again = true
      }
    }
  }

  /**
   * Which packs of this peer `before` held and the state does not hold now. If its next pack would leave a hole, the peer
   * goes on under another name, from 1.
   */
  forgotten(before: Vector): { origin: Origin; first: number; last: number }[] {
    const lost = [...this.#made.keys()]
      .map(origin => ({
        origin,
        first: lastOf(this.#vector, origin) + 1,
        last: lastOf(before, origin)
      }))
      .filter(({ first, last }) => first <= last)
    if (lastOf(this.#vector, this.origin) !== lastOf(this.#made, this.origin)) {
      do this.#start++
      while (this.#made.has(this.origin) || this.#vector.has(this.origin))
      this.#made.set(this.origin, 0)
    }
    return lost
  }
}
