const LONGEST = 400

/** Text that holds what a stranger wrote, fit for a user's terminal: one line, no control characters, of bounded length. */
export function oneLine(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').toWellFormed()
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean
}
