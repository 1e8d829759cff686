import { deepStrictEqual, match, ok, rejects, strictEqual } from 'node:assert'
import { test } from 'node:test'
import type { Device } from '../../kernels/index.ts'
import { map } from '../../src/dataflow/map.ts'
import { train } from '../../src/dataflow/train.ts'
import { emptyReplica } from '../../src/jobs/empty-replica.ts'
import type { FlowEvent } from '../../src/jobs/flow-events.ts'
import { defineJob, type Job, type JobDefinition, z } from '../../src/jobs/job.ts'
import type { Computing } from '../../src/jobs/model-device.ts'
import { type JobRun, runJob } from '../../src/jobs/run-job.ts'
import type { Replica } from '../../src/types.ts'
import { source } from '../dataflow/source.ts'
import { handMadeSwarm, member, status } from './hand-made-swarm.ts'

const options = z.object({})

/** For models that open no device. */
const computing: Computing = {
  deviceChoice: 'wasm',
  threads: 3,
  openDevice: () => Promise.reject(new Error('no device is wanted here'))
}

/** Runs a flow, and gives what it emitted, what was told, and the end. */
async function run(
  definition: Omit<JobDefinition<typeof options, undefined>, 'name' | 'options'>,
  more: Partial<JobRun> = {}
) {
  const emitted: unknown[] = []
  const told: FlowEvent[] = []
  const end = await runJob({
    job: defineJob({ name: 'test', ...definition }),
    options: {},
    signal: new AbortController().signal,
    emit: async items => void emitted.push(...items),
    tell: event => void told.push(event),
    ...more
  })
  return { emitted, told, end }
}

async function* endless(closed: () => void = () => {}) {
  try {
    for (let i = 0; ; i++) {
      await new Promise(resolve => setImmediate(resolve))
      yield i
    }
  } finally {
    closed()
  }
}

test('what a stream emits is handed out, from started to done', async () => {
  const { emitted, told, end } = await run({
    async *flow() {
      yield* [1, 2, 3]
    }
  })
  deepStrictEqual(emitted, [1, 2, 3])
  deepStrictEqual([told[0].event, told.at(-1)], ['started', end])
  deepStrictEqual([end.event, end.items], ['done', 3])
})

test('a promise is awaited, and what it comes to is not handed out, unless that is a stream', async () => {
  const sink = await run({ flow: async () => 7 })
  deepStrictEqual([sink.emitted, sink.end.items], [[], 0])
  const later = await run({
    flow: async () =>
      (async function* () {
        yield 'late'
      })()
  })
  deepStrictEqual([later.emitted, later.end.items], [['late'], 1])
})

test('what is emitted when the flow has ended is handed out after that, also where it was interrupted, and is not counted', async () => {
  const stop = new AbortController()
  const flow = async function* () {
    yield 1
    stop.abort()
    yield 2
  }
  async function* finish({ signal }: { signal: AbortSignal }) {
    yield signal.aborted
  }
  const whole = await run({ flow: () => source([[1], [2]]), finish })
  deepStrictEqual([whole.emitted, whole.end.items], [[1, 2, false], 2])
  const cut = await run({ flow, finish }, { signal: stop.signal })
  deepStrictEqual([cut.emitted, cut.end.event], [[1, 2, true], 'interrupted'])
})

test('where a flow counts by itself, what it emits is not counted too', async () => {
  const { emitted, end } = await run(
    {
      flow: ({ counted }) => map((item: number) => item > 1)(counted(endless()))
    },
    { until: { items: 3 } }
  )
  deepStrictEqual(emitted, [false, false, true])
  strictEqual(end.items, 3)
})

test('a bound of items ends the flow after just as many, closes it and aborts its signal', async () => {
  let aborted = false
  let closed = false
  const { emitted, end } = await run(
    {
      flow({ signal }) {
        signal.addEventListener('abort', () => {
          aborted = true
        })
        return endless(() => {
          closed = true
        })
      }
    },
    { until: { items: 4 } }
  )
  deepStrictEqual(emitted, [0, 1, 2, 3])
  deepStrictEqual([end.event, end.items, aborted, closed], ['done', 4, true, true])
})

test('a bound in time ends the flow, and that is no interruption', async () => {
  let closed = false
  const { end } = await run(
    {
      flow: () =>
        endless(() => {
          closed = true
        })
    },
    { until: { time: Date.now() + 50 } }
  )
  deepStrictEqual([end.event, closed], ['done', true])
  ok(end.items > 0)
})

test('an interrupted flow is closed; an error by which its source says so is none', async () => {
  const stop = new AbortController()
  const waiting = run(
    {
      async *flow({ signal }) {
        setTimeout(() => stop.abort())
        yield await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      }
    },
    { signal: stop.signal }
  )
  deepStrictEqual((await waiting).end.event, 'interrupted')

  const other = new AbortController()
  const failing = run(
    {
      flow: ({ signal }) =>
        new Promise((_, reject) => {
          setTimeout(() => other.abort())
          signal.addEventListener('abort', () => reject(new Error('disk full')))
        })
    },
    { signal: other.signal }
  )
  await rejects(failing, /disk full/)
})

test('a run that is interrupted before its flow begins makes none', async () => {
  const { emitted, end } = await run({ flow: () => endless() }, { signal: AbortSignal.abort() })
  deepStrictEqual([emitted, end.event], [[], 'interrupted'])
})

test('an interrupted flow that takes leave is read to its end', async () => {
  const stop = new AbortController()
  const { emitted, end } = await run(
    {
      async *flow({ leaving }) {
        yield 'at work'
        stop.abort()
        yield* leaving.aborted ? ['the last', 'the very last'] : []
      }
    },
    { signal: stop.signal }
  )
  deepStrictEqual([emitted, end.event], [['at work', 'the last', 'the very last'], 'interrupted'])
})

test('a flow that takes leave for too long is closed, and named', async () => {
  const stop = new AbortController()
  let closed = false
  const { told, end } = await run(
    {
      flow({ leaving }) {
        setTimeout(() => stop.abort())
        return endless(() => {
          closed = leaving.aborted
        })
      }
    },
    { signal: stop.signal, patience: 0.01 }
  )
  deepStrictEqual([closed, end.event], [true, 'interrupted'])
  match(JSON.stringify(told), /"warning","message":"test: its flow goes on 0\.01 s/)
})

test('a flow that does not heed its signal is named', async () => {
  const stop = new AbortController()
  const go = Promise.withResolvers<void>()
  const told: FlowEvent[] = []
  const tell = (event: FlowEvent) => {
    told.push(event)
    if (event.event === 'warning') go.resolve()
  }
  const flow = () => {
    setTimeout(() => stop.abort())
    return go.promise
  }
  await run({ flow }, { signal: stop.signal, tell, patience: 0.01 })
  match(JSON.stringify(told), /"warning","message":"test: its flow goes on 0\.01 s after .*signal/)
})

test('an error in the flow is thrown, and so is one in writing what it emits, after the flow was closed', async () => {
  await rejects(
    run({
      async *flow() {
        yield 1
        throw new Error('broken')
      }
    }),
    /^Error: broken$/
  )
  let closed = false
  const full = async () => {
    throw new Error('no space')
  }
  const flow = () =>
    endless(() => {
      closed = true
    })
  await rejects(run({ flow }, { emit: full }), /no space/)
  ok(closed)
})

test('progress is told while it runs', async () => {
  const told: FlowEvent[] = []
  const stop = new AbortController()
  const tell = (event: FlowEvent) => {
    told.push(event)
    if (event.event === 'progress' && event.items > 0) stop.abort()
  }
  await run({ flow: () => endless() }, { signal: stop.signal, tell, progressEvery: 0.01 })
  const progress = told.find(event => event.event === 'progress' && event.items > 0)
  ok(progress?.event === 'progress' && progress.itemsPerSecond > 0)
})

/** A job with a model that is only there to be shared, and what happens to both in a swarm. */
function together() {
  const happened: string[] = []
  const job: Job = defineJob({
    name: 'test',
    options: z.object({}),
    agree: () => ({ size: 3 }),
    model: async () => ({
      shared: {
        ...emptyReplica,
        tables: [{ name: 'input', dim: 8, unit: 2 ** -20, capacity: 4 }],
        settle: async () => void happened.push('settle')
      },
      close: async () => void happened.push('close')
    }),
    flow: async ({ model, swarm }) =>
      void happened.push(`flow ${model.shared.tables[0].name} ${swarm?.peer}`),
    finish: async () => void happened.push('finish')
  })
  const swarm = handMadeSwarm(() => ({
    ...status,
    members: [member(status.peer, { words: 9, position: 5 })]
  }))
  const part = {
    source: '',
    join: async (_: unknown, agreed: object) => {
      happened.push(`join ${JSON.stringify(agreed)}`)
      return {
        ...swarm,
        exchange: async () => happened.push('exchange') > 0,
        report: (state: object) => void happened.push(`report ${JSON.stringify(state)}`),
        settled: async () => void happened.push('settled'),
        leave: async () => void happened.push('leave')
      }
    }
  }
  return { happened, job, part }
}

test('with a model in a swarm, it lets out what it learned, waits for the others, leaves, and only then finishes', async () => {
  const { happened, job, part } = together()
  const { told, end } = await run({ flow: async () => {} }, { job, computing, swarm: part })
  deepStrictEqual(happened, [
    'join {"job":"test","input.dim":8,"input.unit":9.5367431640625e-7,"size":3}',
    `flow input ${status.peer}`,
    'exchange',
    'report {"words":9,"position":5,"finished":true}',
    'settled',
    'leave',
    'settle',
    'finish',
    'close'
  ])
  deepStrictEqual(
    told.map(({ event }) => event),
    ['started', 'waiting', 'done']
  )
  strictEqual(end.sharedHash, '0'.repeat(32))
  deepStrictEqual(end.swarm, { bytesIn: status.bytesIn, bytesOut: status.bytesOut })
})

test('what it learned is let out as often as the model wants, unless the user says how often', async () => {
  for (const [asked, packs] of [
    [undefined, 4],
    [8, 2]
  ] as const) {
    const { happened, job, part } = together()
    const flow: Job['flow'] = async ({ share }) => {
      const replica: Replica<number> = {
        train: async () => {},
        drain: async () => {},
        progress: async () => ({ words: 0, loss: 0, position: undefined })
      }
      await train(share(replica))(source(Array.from({ length: 16 }, (_, i) => [i])))
    }
    const model = async () => ({ shared: { ...emptyReplica, packEvery: 4 }, close: async () => {} })
    const swarm = { ...part, ...(asked !== undefined && { exchangeEvery: asked }) }
    await run({ flow: async () => {} }, { job: { ...job, model, flow }, computing, swarm })
    // Of 16 items; and once more at the end.
    strictEqual(happened.filter(what => what === 'exchange').length, packs + 1)
  }
})

test('interrupted, it lets out what it learned and leaves, finished or not', async () => {
  const { happened, job, part } = together()
  const stop = new AbortController()
  const flow: Job['flow'] = async ({ share, model }) => {
    const replica: Replica<number> = {
      train: async () => {},
      drain: async () => void happened.push('drain'),
      progress: async () => ({ words: 0, loss: 0, position: undefined })
    }
    ok(model !== undefined)
    stop.abort()
    await train(share(replica))(source([[1], [2]]))
  }
  await run({ flow: async () => {} }, { job: { ...job, flow }, computing, swarm: part, signal: stop.signal })
  deepStrictEqual(happened.slice(1), [
    'report {"words":1,"position":1}',
    'report {"words":2,"position":2}',
    'drain',
    'exchange',
    'report {"words":9,"position":5,"finished":false}',
    'leave',
    'finish',
    'close'
  ])
})

test('without a model it just leaves, with nothing that others need agree on but its name', async () => {
  const { happened, part } = together()
  const { end } = await run({ flow: async () => {} }, { swarm: part })
  deepStrictEqual(happened, ['join {"job":"test"}', 'leave'])
  strictEqual(end.sharedHash, undefined)
})

/** A device of which only the end matters, and how often it was opened and closed. */
function deviceThat(lost: Promise<Error>) {
  const counts = { opened: 0, closed: 0 }
  const device: Device = Object.assign(Object.create(null), { lost, close: async () => void counts.closed++ })
  const openDevice = async () => {
    counts.opened++
    return device
  }
  return { counts, computing: { ...computing, openDevice } }
}

test('a model opens no device unless it asks for one, hears how many threads it may use, and has one device however often it asks', async () => {
  const { job } = together()
  const plain = deviceThat(new Promise(() => {}))
  await run({ flow: async () => {} }, { job, computing: plain.computing })
  deepStrictEqual(plain.counts, { opened: 0, closed: 0 })

  const asking = deviceThat(new Promise(() => {}))
  const heard: unknown[] = []
  const wanting: Job = {
    ...job,
    flow: async () => {},
    async model(context) {
      strictEqual(await context.openDevice(), await context.openDevice())
      heard.push(context.deviceChoice, context.threads)
      return {
        shared: emptyReplica,
        close: async () => void heard.push(`close before ${asking.counts.closed}`)
      }
    }
  }
  await run({ flow: async () => {} }, { job: wanting, computing: asking.computing })
  deepStrictEqual(asking.counts, { opened: 1, closed: 1 })
  deepStrictEqual(heard, ['wasm', 3, 'close before 0'])
})

test('a device that cannot be opened is the run’s error', async () => {
  const { job } = together()
  const openDevice = () => Promise.reject(new Error('no adapter'))
  const wanting: Job = {
    ...job,
    model: async context => ({ shared: emptyReplica, close: (await context.openDevice()).close })
  }
  await rejects(
    run({ flow: async () => {} }, { job: wanting, computing: { ...computing, openDevice } }),
    /^Error: no adapter$/
  )
})

test('a device that is lost ends the run in its error, and the model and the device are closed', async () => {
  const { happened, job } = together()
  const lost = Promise.withResolvers<Error>()
  const { counts, computing } = deviceThat(lost.promise)
  const model: Job['model'] = async context => {
    await context.openDevice()
    return { shared: emptyReplica, close: async () => void happened.push('close') }
  }
  const flow = () => {
    lost.resolve(new Error('the device is gone'))
    return new Promise<void>(() => {})
  }
  await rejects(
    run({ flow: async () => {} }, { job: { ...job, model, flow }, computing }),
    /the device is gone/
  )
  deepStrictEqual(happened, ['close'])
  deepStrictEqual(counts, { opened: 1, closed: 1 })
  await rejects(run({ flow: async () => {} }, { job }), /test: its model wants something to compute with/)
})

test('what a network begins with must be the same at all peers', async () => {
  const { happened, job, part } = together()
  const fingerprint = '0123456789abcdef0123456789abcdef'
  const model: Job['model'] = async () => ({
    shared: { ...emptyReplica, fingerprint },
    close: async () => {}
  })
  await run(
    { flow: async () => {} },
    { job: { ...job, model, flow: async () => {} }, computing, swarm: part }
  )
  strictEqual(
    happened[0],
    `join {"job":"test","size":3,"network, first weights (see seeded())":"${fingerprint}"}`
  )
})
