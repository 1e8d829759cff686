import type { Holdings } from './holdings.ts'
import type { Entry } from './log.ts'
import type { LedgerMessage, Origin, Ranges } from './messages.ts'
import type { ContentRules } from './outbox.ts'
import { contains, joined } from './vector.ts'

type Recall = Extract<LedgerMessage<unknown>, { type: 'recall' }>

/** Packs to be taken back, and what does so. */
interface Due<Content> {
  readonly packs: Ranges
  readonly content: Content
}

/** Recalls in the life of a peer, all of which each new neighbour is told. */
export const MOST_RECALLS = 64
/** Sums of packs and their recall that are kept. */
const MOST_SUMS = 2

/**
 * What this peer has taken back, since a neighbour refused it: a recall is a pack like any other, the exact negative of the packs
 * that it takes back. Those stay in the log one by one, since others may hold them; whoever lacks them gets them only in one frame with
 * their recall.
 */
export class Recalls<Content> {
  /** In the order in which they were made. */
  readonly made: Recall[] = []
  /** What was refused and is still to be taken back. */
  readonly refused: Ranges[] = []
  readonly #holdings: Holdings<Content>
  readonly #rules: ContentRules<Content>
  readonly #sums: { readonly parts: readonly Entry<Content>[]; readonly sum: Entry<Content> }[] = []

  constructor(holdings: Holdings<Content>, rules: ContentRules<Content>) {
    this.#holdings = holdings
    this.#rules = rules
  }

  /**
   * What there is to take back of packs that were refused: those of this peer that are in its state and its log, neither taken back
   * already nor a recall. One for each run of packs.
   */
  due(refused: Ranges): Due<Content>[] {
    const due: Due<Content>[] = []
    for (const [origin, [first, last]] of refused) {
      if (!this.#holdings.made.has(origin)) continue
      let run: Entry<Content>[] = []
      for (let sequence = first; sequence <= last + 1; sequence++) {
        const entry = sequence <= last ? this.#find(origin, sequence) : undefined
        if (entry !== undefined) run.push(entry)
        else if (run.length > 0) {
          const packs = new Map([[origin, [sequence - run.length, sequence - 1] as const]])
          const content = this.#rules.negate(this.#rules.sum(run.map(({ content }) => content)))
          due.push({ packs, content })
          run = []
        }
      }
    }
    return due.slice(0, MOST_RECALLS - this.made.length)
  }

  /** These packs are taken back by this one. */
  note(packs: Ranges, by: Ranges): Recall {
    const recall: Recall = { type: 'recall', packs, by }
    this.made.push(recall)
    return recall
  }

  /**
   * The same entries; but where some were taken back, this peer's own from these up to their recall are one, if none gets out of
   * order by it.
   */
  together(entries: readonly Entry<Content>[]): readonly Entry<Content>[] {
    const own = entries.filter(entry => entry.own)
    const others = entries.filter(entry => !entry.own)
    let all = entries
    for (const [first, last] of this.#spans(own)) {
      const span = own.slice(first, last + 1)
      const sum = this.#sumOf(span)
      const origins = [...(sum?.ranges.keys() ?? [])]
      if (sum === undefined || others.some(({ ranges }) => origins.some(origin => ranges.has(origin))))
        continue
      const summed = new Set(span)
      all = all.flatMap(entry => (entry === own[last] ? [sum] : summed.has(entry) ? [] : [entry]))
    }
    return all
  }

  /** From the first of these that was taken back to its recall; what overlaps is one. */
  #spans(own: readonly Entry<Content>[]): [first: number, last: number][] {
    const spans: [first: number, last: number][] = []
    const found = this.made.map(({ packs, by }): [number, number] => [
      own.findIndex(({ ranges }) => contains(packs, ranges)),
      own.findIndex(({ ranges }) => contains(by, ranges))
    ])
    for (const [first, last] of found.sort(([a], [b]) => a - b)) {
      const before = spans.at(-1)
      if (first < 0 || last < first) continue
      if (before !== undefined && first <= before[1]) before[1] = Math.max(before[1], last)
      else spans.push([first, last])
    }
    return spans
  }

  /** Undefined where there are holes. Many links want the same, so the last ones are kept. */
  #sumOf(span: readonly Entry<Content>[]): Entry<Content> | undefined {
    const known = this.#sums.find(({ parts }) => parts[0] === span[0] && parts.at(-1) === span.at(-1))
    if (known !== undefined) return known.sum
    let ranges: Ranges | undefined = new Map()
    for (const entry of span) ranges = ranges && joined(ranges, entry.ranges)
    if (ranges === undefined) return undefined
    const content = this.#rules.sum(span.map(({ content }) => content))
    const sum = { ranges, content, born: Math.min(...span.map(({ born }) => born)), own: true }
    this.#sums.push({ parts: [span[0], span[span.length - 1]], sum })
    if (this.#sums.length > MOST_SUMS) this.#sums.shift()
    return sum
  }

  /** A pack of this peer that may be taken back. */
  #find(origin: Origin, sequence: number): Entry<Content> | undefined {
    const over = this.made.some(({ packs, by }) => has(packs, origin, sequence) || has(by, origin, sequence))
    if (over) return undefined
    const [entry] = this.#holdings.cover(new Map([[origin, [sequence, sequence]]]), true) ?? []
    return entry?.own ? entry : undefined
  }
}

function has(ranges: Ranges, origin: Origin, sequence: number): boolean {
  const range = ranges.get(origin)
  return range !== undefined && range[0] <= sequence && sequence <= range[1]
}
