/** Waits until it is done, so long at most. */
export async function within(milliseconds: number, done: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, milliseconds)
  await Promise.race([done, late.promise])
  clearTimeout(timer)
}
