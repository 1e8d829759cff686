import type { Holdings } from './holdings.ts'
import type { LedgerMessage, Origin, Ranges } from './messages.ts'
import type { ContentRules } from './outbox.ts'
import { ProtocolError } from './protocol-error.ts'
import { MOST_RECALLS } from './recalls.ts'
import { contains, packsIn } from './vector.ts'

type Recall = Extract<LedgerMessage<unknown>, { type: 'recall' }>
type Frame<Content> = Pick<Extract<LedgerMessage<Content>, { type: 'frame' }>, 'ranges' | 'content'>

/** Refused frames whose content is remembered: what takes one back may come when others have brought it in. */
const MOST_REFUSED = 4

/**
 * What neighbours say they have taken back, by which their recalls are judged: a frame is judged by what it comes to together
 * with what it takes back, so a recall comes to nothing, however long the steps were.
 */
export class Refusals<Content> {
  readonly #holdings: Holdings<Content>
  readonly #rules: ContentRules<Content>
  readonly #refused: Frame<Content>[] = []
  readonly #recalls = new Map<string, Recall[]>()

  constructor(holdings: Holdings<Content>, rules: ContentRules<Content>) {
    this.#holdings = holdings
    this.#rules = rules
  }

  /** Remembers what was not let in. */
  refuse({ ranges, content }: Frame<Content>): void {
    this.#refused.push({ ranges, content })
    if (this.#refused.length > MOST_REFUSED) this.#refused.shift()
  }

  /**
   * A neighbour says that it has taken packs back.
   * @throws ProtocolError where these cannot be, or are taken back already.
   */
  told(link: string, recall: Recall): void {
    const before = this.#recalls.get(link) ?? []
    const sound = recall.packs.size > 0 && recall.by.size === 1 && packsIn(recall.by) === 1
    if (!sound || before.length >= MOST_RECALLS) {
      throw new ProtocolError(
        `recall: packs, one pack by which, and ${MOST_RECALLS} at most wanted; got others`
      )
    }
    for (const [origin, [first, last]] of recall.packs) {
      const [by = Number.POSITIVE_INFINITY] = recall.by.get(origin) ?? []
      const twice = before.some(({ packs }) => meets(packs, origin, first, last))
      if (twice || by <= last) {
        throw new ProtocolError(`recall: later, and once, wanted; got packs ${first} to ${last} of ${origin}`)
      }
    }
    this.#recalls.set(link, [...before, recall])
  }

  /** A link is closed. */
  forget(link: string): void {
    this.#recalls.delete(link)
  }

  /** What a frame comes to together with what it takes back, as far as that is known here; and of how many packs that is. */
  remainder(link: string, { ranges, content }: Frame<Content>): { content: Content; packs: number } {
    const parts = [content]
    let packs = packsIn(ranges)
    for (const recall of this.#recalls.get(link) ?? []) {
      if (!contains(ranges, recall.by)) continue
      const before = without(recall.packs, ranges)
      const known = before.size > 0 ? this.#find(before) : undefined
      if (known === undefined) continue
      parts.push(...known)
      packs += packsIn(before)
    }
    return { content: parts.length > 1 ? this.#rules.sum(parts) : content, packs }
  }

  #find(packs: Ranges): Content[] | undefined {
    const held = this.#holdings.cover(packs, true)?.map(({ content }) => content)
    if (held !== undefined) return held
    const refused = this.#refused.find(({ ranges }) => contains(ranges, packs) && contains(packs, ranges))
    return refused && [refused.content]
  }
}

/** Of packs those that come before these ranges. */
function without(packs: Ranges, ranges: Ranges): Ranges {
  const rest = new Map<Origin, readonly [number, number]>()
  for (const [origin, [first, last]] of packs) {
    const end = Math.min(last, (ranges.get(origin)?.[0] ?? Number.POSITIVE_INFINITY) - 1)
    if (first <= end) rest.set(origin, [first, end])
  }
  return rest
}

function meets(ranges: Ranges, origin: Origin, first: number, last: number): boolean {
  const range = ranges.get(origin)
  return range !== undefined && range[0] <= last && first <= range[1]
}
