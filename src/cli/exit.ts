/** What the process tells its caller. */
export const EXIT = { done: 0, failed: 1, wrongUse: 2, interrupted: 130 } as const

/** The command cannot be carried out as it was given; the message says what to change. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** One line for people; with TENSAIR_DEBUG=1 the stack too, for those who repair tensair. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (process.env.TENSAIR_DEBUG === '1') return error.stack ?? error.message
  return error.message.replace(/\s*\n\s*/g, ' ')
}
