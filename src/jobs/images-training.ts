import type { Example } from '../models/layers-batch.ts'
import { chunksOf } from '../stream.ts'
import type { Figures, ImagesEvent } from './images-events.ts'
import type { RatedReplica } from './images-rate.ts'

/** Milliseconds between one progress and the next. */
const EVERY_MS = 1000

/** Trains a pass over the images, and tells while it is read how it goes. */
export type Pass = (examples: AsyncIterable<Example>, account: Account) => AsyncGenerator<ImagesEvent>

/** Counts images over all epochs, and keeps the figures of this one and of what came since the last progress. */
export class Account {
  /** Images read, over all epochs. */
  images: number
  #epoch = 0
  #begun = 0
  #told = { at: 0, images: 0 }
  #recent = new Mean()
  #all = new Mean()

  /** `images`: those that a run before this one has read. */
  constructor(images: number) {
    this.images = images
  }

  /** An epoch begins. */
  begin(epoch: number): void {
    this.#epoch = epoch
    this.#begun = performance.now()
    this.#told = { at: this.#begun, images: this.images }
    this.#recent = new Mean()
    this.#all = new Mean()
  }

  /** Since the epoch began. */
  get seconds(): number {
    return (performance.now() - this.#begun) / 1000
  }

  /** Of the epoch. */
  get figures(): Figures | undefined {
    return this.#all.figures
  }

  get isDue(): boolean {
    return performance.now() - this.#told.at >= EVERY_MS
  }

  /** Takes the figures of images that were trained, or predicted. */
  add(figures: Figures, images: number): void {
    this.#recent.add(figures, images)
    this.#all.add(figures, images)
  }

  /** What came since the last time. */
  progress(): ImagesEvent {
    const at = performance.now()
    const { images } = this
    const imagesPerSecond = ((images - this.#told.images) * 1000) / Math.max(1, at - this.#told.at)
    this.#told = { at, images }
    const { figures } = this.#recent
    this.#recent = new Mean()
    return { type: 'progress', epoch: this.#epoch, images, imagesPerSecond, ...figures }
  }
}

/** Trains every image. The figures are of each before it was learned, in its batch. */
export function alwaysTrained(replica: RatedReplica): Pass {
  return async function* (examples, account) {
    let measured = (await replica.progress()).words
    const measure = async () => {
      const { words, loss, accuracy } = await replica.progress()
      if (Number.isFinite(loss)) account.add({ loss, accuracy }, words - measured)
      measured = words
    }
    for await (const chunk of chunksOf(examples)) {
      await replica.train(chunk)
      account.images += chunk.length
      if (!account.isDue) continue
      await measure()
      yield account.progress()
    }
    await replica.drain()
    await measure()
  }
}

/** The mean of figures, by the images that they are of. */
class Mean {
  #images = 0
  #loss = 0
  #right = 0

  add({ loss, accuracy }: Figures, images: number): void {
    this.#images += images
    this.#loss += loss * images
    this.#right += accuracy * images
  }

  /** Undefined where there were none. */
  get figures(): Figures | undefined {
    if (this.#images === 0) return undefined
    return { loss: this.#loss / this.#images, accuracy: this.#right / this.#images }
  }
}
