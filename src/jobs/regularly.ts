/**
 * Calls `act` every so many seconds, never while it still runs. The function returned ends that, and resolves when the
 * last call is over. `act` must not reject.
 */
export function regularly(seconds: number, act: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  const timer = setInterval(() => {
    running ??= act().finally(() => {
      running = undefined
    })
  }, seconds * 1000)
  return async () => {
    clearInterval(timer)
    await running
  }
}
