// Texts with structure, made on the spot.

/**
 * Lines of ten words about one of four topics, twenty words each, with words they share in between: words of one topic end
 * up near each other. The same seed gives the same text.
 */
export function topicText(lines: number, seed = 1): string {
  let state = seed
  const below = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
  const topics = ['river', 'market', 'engine', 'garden']
  const text: string[] = []
  for (let line = 0; line < lines; line++) {
    const topic = topics[below(topics.length)]
    const words = Array.from({ length: 10 }, () =>
      below(4) === 0 ? `common${letter(below(10))}` : `${topic}${letter(below(20))}`
    )
    text.push(words.join(' '))
  }
  return `${text.join('\n')}\n`
}

/** The lines of a text, without the empty one after the last end. */
export function linesOf(text: string): string[] {
  return text.split('\n').filter(line => line !== '')
}

function letter(index: number): string {
  return String.fromCharCode(97 + index)
}
