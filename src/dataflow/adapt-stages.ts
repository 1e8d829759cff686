/** Losses of another peer, as their mean. */
export interface LossReport {
  readonly count: number
  readonly mean: number
}

/** Numbered stages of adapting: even ones are stable, odd ones train. A swarm's are common to its peers (`SwarmAlarms`). */
export interface Stages {
  readonly stage: number
  /** A drift was found here, which may begin a training; `magnitude` is in the unit of the errors. */
  raise(magnitude: number): void
  /** Goes to a stage, where it is not that far yet. */
  reach(stage: number): void
  /** A loss here in the present stage, which is a training. */
  tellLoss(loss: number): void
  /** Losses of others in the present stage since the last call. */
  takeReports(): readonly LossReport[]
}

/** The stages of one that adapts by itself: each drift begins a training, also while training. */
export class OwnStages implements Stages {
  stage = 0

  raise(): void {
    this.stage = nextTraining(this.stage)
  }

  reach(stage: number): void {
    this.stage = Math.max(this.stage, stage)
  }

  tellLoss(): void {}

  takeReports(): readonly LossReport[] {
    return []
  }
}

export function isTraining(stage: number): boolean {
  return stage % 2 === 1
}

/** The first training after a stage. */
export function nextTraining(stage: number): number {
  return stage + (isTraining(stage) ? 2 : 1)
}
