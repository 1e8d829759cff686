import type { AdaptingEvent } from '../src/jobs/images-events.ts'
import type { CourseLength } from './images-drift-course.ts'

/** How well the drifts of a course were found, and when it trained. */
export interface CourseScore {
  /** For each swap the mini-batches with the new labels, up to the one at which it was found; infinite where it was not before the next. */
  readonly delays: readonly number[]
  /** Drifts told that are not the first after a swap. */
  readonly falseAlarms: number
  /** Trainings that began within an epoch after the one before had converged, no swap being between. */
  readonly flipFlops: number
  /** Times that training converged. */
  readonly converged: number
  /** Share of the mini-batches that were not learned, 0 to 1. */
  readonly saved: number
}

export function scoreOf(
  events: readonly AdaptingEvent[],
  { segments, epochs, batches }: CourseLength
): CourseScore {
  const length = epochs * batches
  const segmentOf = (batch: number) => Math.floor((batch - 1) / length)
  const drifts = events.filter(({ type }) => type === 'drift')
  const delays = Array.from({ length: segments - 1 }, (_, i) => {
    const found = drifts.find(drift => segmentOf(drift.batch) === i + 1)
    return found === undefined ? Number.POSITIVE_INFINITY : found.batch - (i + 1) * length
  })
  const phases = events.filter(({ type }) => type !== 'drift')
  const flipFlops = phases.filter((phase, i) => {
    const before = phases[i - 1]
    // What converged was the mini-batch before.
    if (phase.type !== 'training' || before?.type !== 'stable') return false
    return phase.batch - before.batch <= batches && segmentOf(phase.batch) === segmentOf(before.batch - 1)
  })
  const saved = phases.map((phase, i) =>
    phase.type === 'stable' ? (phases[i + 1]?.batch ?? segments * length + 1) - phase.batch : 0
  )
  return {
    delays,
    falseAlarms: drifts.length - delays.filter(Number.isFinite).length,
    flipFlops: flipFlops.length,
    converged: phases.filter(({ type }) => type === 'stable').length,
    saved: saved.reduce((all, some) => all + some, 0) / (segments * length)
  }
}
