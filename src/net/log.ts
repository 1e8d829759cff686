import type { Origin, Ranges, Vector } from './messages.ts'
import { contains, divide } from './vector.ts'

/** The exact sum of some packs, as this peer came by it. */
export interface Entry<Content> {
  readonly ranges: Ranges
  readonly content: Content
  /** When the oldest pack in it was made, by this peer's clock; ms. */
  readonly born: number
  /** Whether it is a pack that this peer made. */
  readonly own: boolean
}

// What an origin costs in an entry beside the content, so that packs of nothing fill no memory either.
const ORIGIN_BYTES = 128

/**
 * The packs of late that are in the state, each in one entry, with which others are brought up to date; and those that
 * went astray: an adoption took them out of the state and they do not fit into it (yet). Bounded in bytes: those astray
 * go first, then what others made, oldest first; what this peer made stays longest, as long as it takes no more than half.
 */
export class Log<Content> {
  readonly #bytesOf: (content: Content) => number
  readonly #limit: number
  readonly #order = new Map<Entry<Content>, number>()
  readonly #own = new Set<Entry<Content>>()
  readonly #others = new Set<Entry<Content>>()
  readonly #astray = new Set<Entry<Content>>()
  // In each set the packs of its origin rise: an entry is added when it continues the state.
  readonly #ofOrigin = new Map<Origin, Set<Entry<Content>>>()
  #added = 0
  #bytes = 0
  #ownBytes = 0

  /** `limit`: bytes, by `bytesOf` and 128 for each origin of an entry. */
  constructor(bytesOf: (content: Content) => number, limit: number) {
    this.#bytesOf = bytesOf
    this.#limit = limit
  }

  /** The entries that went astray. An entry may be taken out, and others added to the log, while they are read. */
  get astray(): ReadonlySet<Entry<Content>> {
    return this.#astray
  }

  /** Adds what has just become part of the state. */
  add(entry: Entry<Content>): void {
    this.#order.set(entry, this.#added++)
    this.#bytes += this.#size(entry)
    if (entry.own) this.#ownBytes += this.#size(entry)
    const kind = entry.own ? this.#own : this.#others
    kind.add(entry)
    for (const origin of entry.ranges.keys()) {
      const entries = this.#ofOrigin.get(origin)
      if (entries === undefined) this.#ofOrigin.set(origin, new Set([entry]))
      else entries.add(entry)
    }
    this.#trim()
  }

  /**
   * Entries, in the order in which they came into the state, whose sum is exactly the packs `wanted`; undefined where the
   * log has none. Not `exact`: the sum is `wanted` and packs before it or of other origins, without holes.
   */
  cover(wanted: Ranges, exact: boolean): Entry<Content>[] | undefined {
    const found = new Set<Entry<Content>>()
    for (const [origin, [first, last]] of wanted) {
      let next = first
      for (const entry of this.#ofOrigin.get(origin) ?? []) {
        const range = entry.ranges.get(origin)
        if (range === undefined || range[1] < next) continue
        if (range[0] > next || next > last) break
        found.add(entry)
        next = range[1] + 1
      }
      if (next <= last) return undefined
    }
    const entries = [...found]
    if (exact && !entries.every(({ ranges }) => contains(wanted, ranges))) return undefined
    const order = (entry: Entry<Content>) => this.#order.get(entry) ?? 0
    return entries.sort((a, b) => order(a) - order(b))
  }

  /** Says that the state is another now, of `vector`: what is not wholly in it goes astray. */
  adopt(vector: Vector): void {
    for (const entry of this.#order.keys()) {
      if (divide(entry.ranges, vector)?.fresh.size === 0) continue
      this.#drop(entry)
      this.#bytes += this.#size(entry)
      this.#astray.add(entry)
    }
  }

  /** Takes out an entry that went astray. */
  found(entry: Entry<Content>): void {
    if (this.#astray.delete(entry)) this.#bytes -= this.#size(entry)
  }

  #trim(): void {
    while (this.#bytes > this.#limit) {
      const [astray] = this.#astray
      if (astray !== undefined) {
        this.found(astray)
        continue
      }
      const [own] = this.#own
      const [other] = this.#others
      const oldest = this.#ownBytes > this.#limit / 2 ? own : other
      if (oldest === undefined) return
      this.#drop(oldest)
    }
  }

  #drop(entry: Entry<Content>): void {
    this.#order.delete(entry)
    this.#bytes -= this.#size(entry)
    if (entry.own) this.#ownBytes -= this.#size(entry)
    this.#own.delete(entry)
    this.#others.delete(entry)
    for (const origin of entry.ranges.keys()) {
      const entries = this.#ofOrigin.get(origin)
      entries?.delete(entry)
      if (entries?.size === 0) this.#ofOrigin.delete(origin)
    }
  }

  #size({ ranges, content }: Entry<Content>): number {
    return this.#bytesOf(content) + ORIGIN_BYTES * ranges.size
  }
}
