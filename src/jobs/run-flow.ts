import { isPromise } from '../dataflow/call.ts'
import { chunksOf } from '../stream.ts'
import type { Chunk } from '../types.ts'
import type { Counter } from './counter.ts'
import type { FlowContext, Job, JobModel } from './job.ts'

/** What ends a flow before its own end: so many items, or a moment in ms since 1970. */
export type Bound = { readonly items: number } | { readonly time: number }

/** What one run of a flow needs to know. */
export interface FlowRun {
  readonly job: Job
  /** What the flow is made with; its signal, which is `leaving` too, follows `enough`. */
  readonly context: Omit<FlowContext<Readonly<Record<string, unknown>>, JobModel | undefined>, 'leaving'>
  readonly counter: Counter
  readonly until?: Bound
  /** Aborted where the bound is reached. */
  readonly enough: AbortController
  readonly emit: (items: Chunk<unknown>) => Promise<void>
  /**
   * Seconds a flow may go on after it was told to end, before the user hears why that may be, and one that takes leave is closed.
   * Default 10.
   */
  readonly patience?: number
}

/** A timer that is set for longer rings at once. */
const LONGEST_MS = 2 ** 31 - 1

/** Makes a job's flow, and takes it to its end; one that was told to end before it began is not made. */
export async function runFlow({
  job,
  context,
  counter,
  until,
  enough,
  emit,
  patience = 10
}: FlowRun): Promise<void> {
  const { signal, warn } = context
  if (signal.aborted) return
  let takesLeave = false
  const slow = () => {
    takesLeave = false
    warn(
      `${job.name}: its flow goes on ${patience} s after it was told to end; give its signal to what it reads: lines(file, { signal })`
    )
  }
  const timers = new Set<() => void>()
  const told = () => timers.add(at(Date.now() + patience * 1000, slow))
  signal.addEventListener('abort', told)
  if (until !== undefined && 'time' in until) timers.add(at(until.time, () => enough.abort()))
  try {
    const flow = await streamOf(
      job.flow({
        ...context,
        get leaving() {
          takesLeave = true
          return signal
        }
      })
    )
    const closes = () => signal.aborted && !takesLeave
    if (flow !== undefined) await read(counter.used ? flow : counter.counted(flow), closes, emit)
  } catch (error) {
    // What ends because it was told to may say so by an error.
    if (!signal.aborted || !isAbort(error, signal)) throw error
  } finally {
    signal.removeEventListener('abort', told)
    for (const end of timers) end()
  }
}

/** How many items a flow may have. */
export function mostItems(until: Bound | undefined): number {
  return until !== undefined && 'items' in until ? until.items : Number.POSITIVE_INFINITY
}

/** Reads a flow to its end, or closes it when it `closes`; a generator ends once it has what it waits for. */
async function read(
  flow: AsyncIterable<unknown>,
  closes: () => boolean,
  emit: FlowRun['emit']
): Promise<void> {
  for await (const chunk of chunksOf(flow)) {
    await emit(chunk)
    if (closes()) return
  }
}

/** Calls `act` at a moment in ms since 1970, however far that is; the function returned takes that back. */
function at(time: number, act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>
  const wait = () => {
    const left = time - Date.now()
    timer = left <= 0 ? setTimeout(act) : setTimeout(wait, Math.min(left, LONGEST_MS))
  }
  wait()
  return () => clearTimeout(timer)
}

/** The stream that a job's function has made, at once or in time; undefined where it has made none. */
export async function streamOf(made: unknown): Promise<AsyncIterable<unknown> | undefined> {
  const result = isPromise(made) ? await made : made
  return isStream(result) ? result : undefined
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError')
}
