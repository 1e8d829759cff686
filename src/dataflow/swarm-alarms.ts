import type { Channel, ChannelEvent, Channels } from '../types.ts'
import { isTraining, type LossReport, type Stages } from './adapt-stages.ts'
import {
  type Alarm,
  type AlarmMessage,
  decodeAlarmMessage,
  encodeAlarmMessage,
  MOST_LOSSES
} from './alarm-messages.ts'
import { AlarmCount, type AlarmRule } from './alarm-rule.ts'
import { type Clock, wallClock } from './clock.ts'
import { HeardAlarms } from './heard-alarms.ts'

export type { Alarm } from './alarm-messages.ts'
export type { AlarmRule } from './alarm-rule.ts'

export interface SwarmAlarmsOptions {
  /** What makes the swarm adapt; the same at all peers. Default `any`. */
  readonly rule?: AlarmRule
  /** The channel's name; each `adapt` of a swarm needs its own. Default `alarms`. */
  readonly name?: string
  /** What tells the time, for alarms and for the rule. Default: the computer's own. */
  readonly clock?: Clock
}

/** Stages that another may be ahead: more would be a lie, that could not be taken back. */
const FARTHEST = 2 ** 20
/** Other peers' reports of losses that wait to be read; the oldest go first. */
const MOST_REPORTS = 1024

/**
 * The alarms of a swarm, and the stage that it is in, which only grows: 0 is stable, 1 the first training, 2 stable, 3 an
 * adaptation, and so on; odd ones train.
 *
 * An alarm that a member raises reaches every member that stays: each that hears it first passes it on, so also where its origin
 * is lost meanwhile, and each hears it once. Who joins later hears the last 64 of the swarm. Alarms raised in the swarm's present stage, where
 * that is stable, count for the rule; others are only told of, so that what is found within an adaptation does not begin it anew.
 *
 * The stage travels with every message. A greater one holds for whoever hears it, and is passed on; losses of an older one are
 * ignored. So all that stay come to the same stage, whichever of them moved it and whoever was lost meanwhile; where two
 * parts of a swarm meet, the greater stage holds for both.
 *
 * Bytes that are no message are counted, and do nothing.
 */
export class SwarmAlarms implements Stages {
  /** Messages that were none. */
  rejected = 0
  /** Reports that were of an older stage. */
  outdated = 0
  readonly #clock: Clock
  readonly #channel: Channel
  readonly #heard = new HeardAlarms()
  readonly #alarms: AlarmCount
  readonly #session: number
  #stage = 0
  #raised = 0
  #reports: LossReport[] = []
  #count = 0
  #sum = 0

  constructor(swarm: Channels, { rule = 'any', name = 'alarms', clock = wallClock }: SwarmAlarmsOptions) {
    this.#clock = clock
    this.#alarms = new AlarmCount(rule)
    this.#session = Math.max(0, Math.floor(clock.now()))
    this.#channel = swarm.channel(name, event => this.#hear(event))
  }

  /** This peer. */
  get peer(): string {
    return this.#channel.peer
  }

  /** Odd while the swarm trains. */
  get stage(): number {
    return this.#stage
  }

  /** How many alarms were heard, this peer's too. */
  get count(): number {
    return this.#heard.count
  }

  /** The last 64 alarms, in the order they were heard. */
  get last(): readonly Alarm[] {
    return this.#heard.last
  }

  /** Tells all of a drift that was found here; its magnitude is in the unit of the errors. */
  raise(magnitude: number): void {
    this.#raised++
    this.#take({
      origin: this.peer,
      session: this.#session,
      number: this.#raised,
      stage: this.#stage,
      time: this.#clock.now(),
      magnitude
    })
  }

  /** Takes the swarm to a stage, where it is not that far yet. */
  reach(stage: number): void {
    this.#rise(stage)
  }

  /** A loss of this peer in the present stage; the others hear of each 100 as their mean. */
  tellLoss(loss: number): void {
    this.#count++
    this.#sum += loss
    if (this.#count < MOST_LOSSES) return
    const { mean, count } = { mean: this.#sum / this.#count, count: this.#count }
    this.#count = 0
    this.#sum = 0
    this.#tell({ kind: 'losses', stage: this.#stage, count, mean })
  }

  /** What others told of their losses in the present stage since it was asked last. */
  takeReports(): readonly LossReport[] {
    const reports = this.#reports
    if (reports.length > 0) this.#reports = []
    return reports
  }

  /** Leaves the channel, as `swarm.leave` does too. */
  close(): Promise<void> {
    return this.#channel.close()
  }

  #hear(event: ChannelEvent): void {
    if (event.type === 'joined') {
      if (event.peer === this.peer) return
      const hello: AlarmMessage = { kind: 'hello', stage: this.#stage, alarms: this.last }
      this.#channel.send(event.peer, encodeAlarmMessage(hello))
    } else if (event.type === 'message') {
      const message = decodeAlarmMessage(event.bytes)
      if (message === undefined || message.stage > this.#stage + FARTHEST) this.rejected++
      else this.#receive(event.peer, message)
    }
  }

  #receive(from: string, message: AlarmMessage): void {
    // Before the stage, which what it tells of may have moved.
    if (message.kind === 'hello') for (const alarm of message.alarms) this.#take(alarm, from)
    if (message.kind === 'alarm') this.#take(message.alarm, from)
    this.#rise(message.stage, from)
    if (message.kind !== 'losses') return
    if (message.stage < this.#stage) {
      this.outdated++
      return
    }
    this.#reports.push({ count: message.count, mean: message.mean })
    if (this.#reports.length > MOST_REPORTS) this.#reports.shift()
  }

  #take(alarm: Alarm, from?: string): void {
    if (!this.#heard.add(alarm)) return
    this.#rise(alarm.stage, from)
    this.#tell({ kind: 'alarm', stage: this.#stage, alarm }, from)
    const counts = alarm.stage === this.#stage && !isTraining(this.#stage)
    if (!counts) return
    if (this.#alarms.add(alarm.origin, this.#clock.now(), this.#channel.members.length)) {
      this.#rise(this.#stage + 1)
    }
  }

  #rise(stage: number, from?: string): void {
    if (stage <= this.#stage) return
    this.#stage = stage
    this.#alarms.reset()
    this.#reports = []
    this.#count = 0
    this.#sum = 0
    this.#tell({ kind: 'stage', stage }, from)
  }

  /** Tells all others but the one that it was heard from. */
  #tell(message: AlarmMessage, from?: string): void {
    const bytes = encodeAlarmMessage(message)
    for (const peer of this.#channel.members) {
      if (peer !== this.peer && peer !== from) this.#channel.send(peer, bytes)
    }
  }
}

/**
 * Alarms that all peers of a swarm hear, so that they adapt together: for `adapt(model, { …, alarms })`, one for each. See
 * `SwarmAlarms` for what is promised.
 *
 * @throws RangeError for a rule out of range; Error where the channel's name is open already.
 */
export function swarmAlarms(swarm: Channels, options: SwarmAlarmsOptions = {}): SwarmAlarms {
  return new SwarmAlarms(swarm, options)
}
