// How far the time of the items in an exchange has come.

import type { Alarms } from './alarms.ts'
import type { ItemChannel } from './item-channel.ts'
import type { RoutingSender } from './routing-sender.ts'

/** Least time in ms between two watermarks. */
const WATERMARK_MS = 10

export interface RoutingTimeOptions<Item> {
  /** Whether items have a time; where they have none only the end is told. */
  readonly timed: boolean
  readonly disorder: number
  readonly channel: ItemChannel<Item>
  readonly sender: RoutingSender<Item>
  readonly alarms: Alarms
}

export class RoutingTime<Item> {
  /** The watermark that was handed out last. */
  handed = Number.NEGATIVE_INFINITY
  readonly #options: RoutingTimeOptions<Item>

  constructor(options: RoutingTimeOptions<Item>) {
    this.#options = options
  }

  /** Tells all members how far this peer's items have come. */
  tell(): void {
    const { timed, disorder, channel, sender, alarms } = this.#options
    if (sender.over) channel.watermark = Number.POSITIVE_INFINITY
    else if (timed) {
      const watermark = Math.min(sender.greatest - disorder, sender.least)
      channel.watermark = Math.max(channel.watermark, watermark)
    }
    if (channel.watermark === channel.own.watermark) return
    channel.own.watermark = channel.watermark
    if (channel.watermark === Number.POSITIVE_INFINITY) channel.tellWatermark()
    else alarms.later(this.#tellAll, WATERMARK_MS)
  }

  /** Takes the watermark of all members; whether it has risen since it was handed out last. */
  rise(): boolean {
    if (!this.#options.timed) return false
    let least = Number.POSITIVE_INFINITY
    for (const { watermark } of this.#options.channel.peers.values()) least = Math.min(least, watermark)
    const risen = least > this.handed
    if (risen) this.handed = least
    return risen
  }

  readonly #tellAll = () => this.#options.channel.tellWatermark()
}
