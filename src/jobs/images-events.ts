/** What the images job emits. `images` counts those that were read for training, over all epochs. */
export type ImagesEvent =
  | DataEvent
  | ProgressEvent
  | EpochEvent
  | AdaptingEvent
  /** The held-out loss has stopped moving: this was the last epoch. */
  | { readonly type: 'converged'; readonly epoch: number }
  /** Where the network answers `POST /predict` while it learns. */
  | { readonly type: 'serving'; readonly url: string }
  | ResultEvent

/** The detector has found a drift; from this mini-batch on images are learned, or only predicted. With `--mode when-needed`. */
export interface AdaptingEvent {
  readonly type: 'drift' | 'training' | 'stable'
  readonly images: number
  /** The number of the mini-batch, from 1, over all epochs. */
  readonly batch: number
}

/** What there is to learn, and with what. */
export interface DataEvent {
  readonly type: 'data'
  readonly classes: readonly string[]
  readonly height: number
  readonly width: number
  readonly channels: number
  /** Images of an epoch. */
  readonly training: number
  readonly network: string
  /** Numbers that the network holds, and those of them that are trained. */
  readonly weights: number
  readonly trained: number
}

/** Mean loss, and share of images whose class was right, 0 to 1. */
export interface Figures {
  readonly loss: number
  readonly accuracy: number
}

/** Figures of images since the last progress, each before it was learned; absent where none was. */
export interface ProgressEvent extends Partial<Figures> {
  readonly type: 'progress'
  readonly epoch: number
  readonly images: number
  readonly imagesPerSecond: number
}

/** A pass over the images is done; the figures are of these as they were learned. */
export interface EpochEvent extends Partial<Figures> {
  readonly type: 'epoch'
  readonly epoch: number
  readonly images: number
  /** That it took to train. */
  readonly seconds: number
  /** Of images that were not learned from. */
  readonly heldOut: Figures & { readonly images: number }
}

/** The end: how well the network does on the images that were held out. */
export interface ResultEvent extends Figures {
  readonly type: 'result'
  /** Those it was tested with. */
  readonly images: number
  readonly classes: readonly string[]
  /** Row i, column j: images of class i that were taken for class j. */
  readonly confusion: readonly (readonly number[])[]
  readonly samples: readonly Sample[]
  /** Images that could not be used. */
  readonly skipped: number
}

export interface Sample {
  readonly name?: string
  readonly label: string
  readonly predicted: string
  /** Of the class that was predicted. */
  readonly probability: number
}
