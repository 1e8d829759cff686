import { deltaBytes, negateDelta, subtractDelta, sumDeltas } from '../delta.ts'
import type { Delta } from '../types.ts'

/** What a frame carries: the change, and how many words were trained to make it. */
export interface Content {
  readonly words: number
  readonly delta: Delta
}

/** How contents add up. */
export const contentRules = {
  sum: (parts: readonly Content[]): Content => ({
    // What a peer claims has no bounds of its own, and a message cannot say more.
    words: Math.min(
      parts.reduce((words, part) => words + part.words, 0),
      Number.MAX_SAFE_INTEGER
    ),
    delta: sumDeltas(parts.map(part => part.delta))
  }),
  subtract: (whole: Content, part: Content): Content => ({
    words: Math.max(0, whole.words - part.words),
    delta: subtractDelta(whole.delta, part.delta)
  }),
  negate: ({ delta }: Content): Content => ({ words: 0, delta: negateDelta(delta) }),
  bytes: (content: Content): number => deltaBytes(content.delta)
}
