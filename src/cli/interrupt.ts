// npm hands the terminal's Ctrl-C on to a process that has already had it: signals this close together are one.
const SAME_MS = 300

/**
 * Runs `work` with a signal that aborts on SIGINT, SIGTERM or SIGHUP, so that it can stop and save.
 * A second signal ends the process at once.
 */
export async function interruptible<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  onInterrupt: () => void
): Promise<Result> {
  const controller = new AbortController()
  let first = Number.NEGATIVE_INFINITY
  const listener = () => {
    const now = performance.now()
    if (!controller.signal.aborted) {
      first = now
      onInterrupt()
      controller.abort()
    } else if (now - first > SAME_MS) {
      process.exit(130)
    }
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of signals) process.on(name, listener)
  try {
    return await work(controller.signal)
  } finally {
    for (const name of signals) process.off(name, listener)
  }
}
