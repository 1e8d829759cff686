import type { SwapPoint } from './sentiment-options.ts'
import type { Tweet } from './sentiment-tweets.ts'

/**
 * A drift for demonstrations: gives tweets the label after their own, round the list, from the first of `points` on, their own again
 * from the second on, and so forth; each as it is read, in order. With a `topic` only texts with one of its words.
 */
export function swapping(
  labels: readonly string[],
  points: readonly SwapPoint[],
  topic: readonly string[]
): (tweet: Tweet) => Tweet {
  const passed = points.map(() => false)
  const words = new Set(topic.map(word => word.toLowerCase()))
  let seen = 0
  return tweet => {
    const { text, label, time = Number.NEGATIVE_INFINITY } = tweet
    // For good, though a later tweet may have an earlier time.
    for (const [i, point] of points.entries()) {
      passed[i] ||= 'time' in point ? time >= point.time : seen >= point.tweets
    }
    seen++
    const swaps = passed.filter(Boolean).length % 2 === 1
    if (!swaps || (words.size > 0 && !wordsOf(text).some(word => words.has(word)))) return tweet
    return { ...tweet, label: labels[(labels.indexOf(label) + 1) % labels.length] }
  }
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? []
}
