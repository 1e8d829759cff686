/**
 * Lines of a language of two topics, always the same: the words `a0 … a19` occur with one another, `b0 … b19` too, and
 * `the` with all. Every 50th word is new and rare.
 */
export function smallLanguage(lines: number, wordsALine = 10): string[][] {
  let state = 42
  const below = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  let rare = 0
  return Array.from({ length: lines }, () => {
    const topic = below(2) === 0 ? 'a' : 'b'
    return Array.from({ length: wordsALine }, () => {
      if (below(50) === 0) return `rare${Math.floor(rare++ / 7)}`
      return below(5) === 0 ? 'the' : `${topic}${below(20)}`
    })
  })
}
