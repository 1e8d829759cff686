import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeAlarmMessage } from '../../src/dataflow/alarm-messages.ts'
import { type AlarmRule, type SwarmAlarms, swarmAlarms } from '../../src/dataflow/swarm-alarms.ts'
import { randomOf, SimulatedChannels } from './simulated-channels.ts'

/** Peers of a simulated swarm, that hear one another's alarms. */
class Swarm {
  readonly channels: SimulatedChannels
  readonly peers = new Map<string, SwarmAlarms>()
  #rule: AlarmRule
  #joined = 0

  constructor(seed: number, rule: AlarmRule = 'any') {
    this.channels = new SimulatedChannels(randomOf(seed))
    this.#rule = rule
  }

  join(name = `p${this.#joined++}`): SwarmAlarms {
    const { clock } = this.channels
    const alarms = swarmAlarms(this.channels.peer(name), { rule: this.#rule, clock })
    this.peers.set(name, alarms)
    return alarms
  }

  crash(name: string): void {
    this.channels.crash(name)
    this.peers.delete(name)
  }

  get all(): SwarmAlarms[] {
    return Array.from(this.peers.values())
  }

  /** Until all have met, and for some time after it holds, so that what comes too often comes too. */
  async settled(holds: () => boolean, what: string): Promise<void> {
    await this.channels.until(holds, what)
    let rounds = 0
    await this.channels.until(() => rounds++ > 100)
    ok(holds(), `${what}, and it does not stay so`)
  }
}

const keysOf = ({ last }: SwarmAlarms) =>
  last.map(({ origin, session, number }) => `${origin} ${session} ${number}`)

const acts = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.constant('raise' as const), fc.nat(9)) },
    { weight: 3, arbitrary: fc.tuple(fc.constant('converge' as const), fc.nat(9)) },
    { weight: 3, arbitrary: fc.tuple(fc.constant('wait' as const), fc.nat(9)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('part' as const), fc.nat(9)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('crash' as const), fc.nat(9)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('join' as const), fc.nat(9)) }
  ),
  { maxLength: 40 }
)
const rules = fc.constantFrom<AlarmRule>('any', { peers: 2, within: 1e9 }, { peers: 3, within: 20 })

test('all that stay hear every alarm once and come to one stage, whoever is lost or joins meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), rules, acts, async (seed, rule, acts) => {
      const swarm = new Swarm(seed, rule)
      for (let i = 0; i < 3; i++) swarm.join()
      const raised: string[] = []
      const stages = new Map<SwarmAlarms, number>()
      const watch = () => {
        for (const alarms of swarm.all) {
          ok(alarms.stage >= (stages.get(alarms) ?? 0), 'a stage never goes back')
          stages.set(alarms, alarms.stage)
        }
      }
      for (const [act, at] of acts) {
        const names = Array.from(swarm.peers.keys())
        const name = names[at % names.length] ?? ''
        const alarms = swarm.peers.get(name)
        if (alarms === undefined) continue
        if (act === 'raise' && raised.length < 60) {
          const before = alarms.count
          alarms.raise(0.5)
          strictEqual(alarms.count, before + 1)
          raised.push(keysOf(alarms).at(-1) ?? '')
        }
        if (act === 'converge' && alarms.stage % 2 === 1) alarms.reach(alarms.stage + 1)
        if (act === 'part') swarm.channels.part(name, names[(at + 1) % names.length] ?? '')
        if (act === 'crash' && names.length > 1) swarm.crash(name)
        if (act === 'join' && names.length < 6) swarm.join()
        if (act === 'wait') {
          let rounds = 0
          await swarm.channels.until(() => rounds++ > at)
        }
        watch()
      }
      const [first] = swarm.all
      if (first === undefined) return
      const theirs = raised.filter(key => swarm.peers.has(key.split(' ')[0] ?? ''))
      await swarm.settled(
        () =>
          swarm.all.every(
            alarms =>
              alarms.stage === first.stage &&
              deepEquals(keysOf(alarms).sort(), keysOf(first).sort()) &&
              theirs.every(key => keysOf(alarms).includes(key))
          ),
        'all agree'
      )
      watch()
      for (const alarms of swarm.all) {
        strictEqual(new Set(keysOf(alarms)).size, alarms.count)
        strictEqual(alarms.rejected, 0)
      }
    }),
    { numRuns: 150 }
  )
})

function deepEquals(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i])
}

test('an alarm of any peer makes the swarm adapt, and those within the adaptation do not begin it anew', async () => {
  const swarm = new Swarm(1)
  const [a, b, c] = [swarm.join(), swarm.join(), swarm.join()]
  await swarm.channels.until(() => swarm.all.every(alarms => alarms.stage === 0))
  a.raise(0.25)
  await swarm.settled(() => swarm.all.every(({ stage, count }) => stage === 1 && count === 1), 'all adapt')
  deepStrictEqual(
    c.last.map(({ origin, number, stage, magnitude }) => ({ origin, number, stage, magnitude })),
    [{ origin: 'p0', number: 1, stage: 0, magnitude: 0.25 }]
  )
  b.raise(0.5)
  await swarm.settled(() => swarm.all.every(({ stage, count }) => stage === 1 && count === 2), 'all know')
  // Two have converged at once: one stage, not two.
  a.reach(2)
  c.reach(2)
  await swarm.settled(() => swarm.all.every(({ stage }) => stage === 2), 'all are stable')
  c.raise(0.5)
  a.raise(0.5)
  await swarm.settled(
    () => swarm.all.every(({ stage, count }) => stage === 3 && count === 4),
    'all adapt anew'
  )
})

test('what one that is lost has told some of, all that stay know', async () => {
  for (let seed = 0; seed < 60; seed++) {
    const swarm = new Swarm(seed)
    const [a, b, c] = [swarm.join(), swarm.join(), swarm.join()]
    b.reach(1)
    await swarm.settled(() => swarm.all.every(({ stage }) => stage === 1), 'all train')
    a.raise(1)
    a.reach(2)
    swarm.crash('p0')
    let rounds = 0
    await swarm.channels.until(() => rounds++ > 100)
    deepStrictEqual([b.stage, b.count], [c.stage, c.count], `seed ${seed}`)
  }
})

test('a rule of two peers within a time counts different peers, and no more than there are', async () => {
  const swarm = new Swarm(2, { peers: 2, within: 50 })
  const alone = swarm.join()
  alone.raise(1)
  strictEqual(alone.stage, 1)
  alone.reach(2)
  const [b, c] = [swarm.join(), swarm.join()]
  await swarm.settled(() => swarm.all.every(({ stage }) => stage === 2), 'all have met')
  b.raise(1)
  b.raise(1)
  await swarm.settled(() => swarm.all.every(({ count, stage }) => count === 3 && stage === 2), 'all know')
  // By now the first is too long ago.
  await swarm.channels.clock.pass(100)
  c.raise(1)
  await swarm.settled(() => swarm.all.every(({ count, stage }) => count === 4 && stage === 2), 'not enough')
  alone.raise(1)
  strictEqual(alone.stage, 2)
  await swarm.channels.until(() => alone.last.length === 5)
  c.raise(1)
  b.raise(1)
  await swarm.settled(() => swarm.all.every(({ stage }) => stage === 3), 'two of them')
})

test('who joins later hears the last 64 alarms, and is in the stage of the others', async () => {
  const swarm = new Swarm(3)
  const first = swarm.join()
  for (let i = 0; i < 70; i++) first.raise(i)
  first.reach(6)
  const late = swarm.join()
  late.reach(1)
  await swarm.settled(() => late.count === 64 && late.stage === 6, 'it knows')
  deepStrictEqual(
    late.last.map(({ magnitude }) => magnitude),
    Array.from({ length: 64 }, (_, i) => i + 6)
  )
  strictEqual(first.stage, 6)
})

test('a peer that comes again under its name is heard again', async () => {
  const swarm = new Swarm(4)
  const [a, b] = [swarm.join('a'), swarm.join('b')]
  b.raise(1)
  await swarm.channels.until(() => a.count === 1)
  swarm.crash('b')
  await swarm.channels.clock.pass(1)
  const again = swarm.join('b')
  again.raise(2)
  await swarm.settled(() => a.count === 2 && again.count === 2, 'both are known')
})

test('losses come as means of a hundred, and those of an older stage are ignored', async () => {
  const swarm = new Swarm(5)
  const [a, b] = [swarm.join(), swarm.join()]
  a.reach(1)
  await swarm.settled(() => b.stage === 1, 'both train')
  for (let i = 0; i < 150; i++) a.tellLoss(i)
  const reports: unknown[] = []
  await swarm.channels.until(() => reports.push(...b.takeReports()) > 0)
  deepStrictEqual(reports, [{ count: 100, mean: 49.5 }])
  // These meet a peer that is further.
  for (let i = 0; i < 100; i++) a.tellLoss(i)
  b.reach(2)
  await swarm.settled(() => b.outdated === 1 && a.stage === 2, 'it is ignored')
  deepStrictEqual(b.takeReports(), [])
})

test('bytes that are no message are counted, and do nothing', async () => {
  const swarm = new Swarm(6)
  const a = swarm.join()
  const stranger = swarm.channels.peer('stranger').channel('alarms', () => {})
  await swarm.channels.until(() => stranger.members.length === 2)
  stranger.send('p0', Uint8Array.of(1, 2, 3))
  stranger.send('p0', encodeAlarmMessage({ kind: 'losses', stage: 1, count: 101, mean: 1 }))
  // A stage that nobody can have come to.
  stranger.send('p0', encodeAlarmMessage({ kind: 'stage', stage: 2 ** 20 + 1 }))
  await swarm.settled(() => a.rejected === 3, 'all are refused')
  deepStrictEqual([a.stage, a.count, a.takeReports()], [0, 0, []])
})

test('a peer that leaves is told nothing any more, and does not count for the rule', async () => {
  const swarm = new Swarm(7, { peers: 2, within: 1000 })
  const [a, b] = [swarm.join(), swarm.join()]
  a.reach(2)
  await swarm.channels.until(() => b.stage === 2)
  await b.close()
  let rounds = 0
  await swarm.channels.until(() => rounds++ > 100)
  a.raise(1)
  deepStrictEqual([a.stage, b.count], [3, 0])
})

test('rules out of range are refused', () => {
  const refused = (rule: AlarmRule, message: string) =>
    throws(() => swarmAlarms(new SimulatedChannels(Math.random).peer('a'), { rule }), {
      name: 'RangeError',
      message
    })
  refused(
    { peers: 0, within: 1 },
    'swarmAlarms: rule.peers must be a whole number of peers, at least 1; got 0'
  )
  refused({ peers: 2, within: 0 }, 'swarmAlarms: rule.within must be a number of ms above 0; got 0')
})
