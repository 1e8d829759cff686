import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Device } from '../../kernels/contract.ts'
import { openWasm } from '../../kernels/wasm/device.ts'
import { type Word2Vec, word2vec } from '../../src/models/word2vec.ts'
import { joinSwarm } from '../../src/net/swarm.ts'
import type { Swarm } from '../../src/types.ts'
import { testNode, until } from './nodes.ts'
import { JOB, SLOW_MODEL } from './slow-link.ts'
import type { HubReport } from './slow-link-hub.ts'
import { Throttle } from './throttle.ts'

/** How long the link is slow; the full minute takes TENSAIR_SLOW_LINK_SECONDS=60. */
const SECONDS = Number(process.env.TENSAIR_SLOW_LINK_SECONDS ?? 6)
const BYTES_A_SECOND = 1000
/** By then the log of packs is full: 64 MiB of some 0.6 MiB each. */
const WARM_PACKS = 130

const script = fileURLToPath(new URL('slow-link-hub.ts', import.meta.url))

test('a link that takes 1 KB/s costs the sender no memory and the other links no speed, and is not cut', async t => {
  const hub = await startHub(t)
  const throttle = new Throttle(BYTES_A_SECOND)
  await throttle.open(t, hub.port)
  const device = await openWasm({ threads: 1 })
  t.after(() => device.close())
  const fast = await join(t, device, hub.address)
  const slow = await join(t, device, hub.address.replace(`/tcp/${hub.port}/`, `/tcp/${throttle.port}/`))
  await until(() => heldOf(slow) > 3 && heldOf(fast) > 3)

  throttle.slow(true)
  await until(() => hub.last.packs > WARM_PACKS && (linkTo(hub, slow)?.waiting ?? 0) > 10)
  const passed = throttle.passed
  const warm = hub.reports.length
  await new Promise(resolve => setTimeout(resolve, SECONDS * 1000))
  const reports = hub.reports.slice(warm)

  const rss = reports.map(({ rssMiB }) => rssMiB)
  const quarter = Math.floor(rss.length / 4)
  const growth = median(rss.slice(-quarter)) / median(rss.slice(quarter, 2 * quarter))
  t.diagnostic(
    `RSS ${rss.map(mib => mib.toFixed(0))} MiB (${growth.toFixed(3)}), ` +
      `packs ${reports[0]?.packs} to ${hub.last.packs}, of which the fast peer holds ${heldOf(fast)} and the slow one ` +
      `${heldOf(slow)}; ${throttle.passed - passed} bytes came over the slow link`
  )
  ok(growth < 1.1, `memory grew by ${growth}`)
  ok(throttle.passed - passed < 2 * BYTES_A_SECOND * SECONDS + 10_000)
  for (const { links, warnings } of reports) {
    deepStrictEqual(warnings, [])
    strictEqual(links.length, 2)
    ok(links.every(({ unacknowledged }) => unacknowledged <= 4))
  }
  ok(hub.last.packs - heldOf(fast) < 30, `the fast peer holds ${heldOf(fast)} of ${hub.last.packs} packs`)
  ok(hub.last.packs - heldOf(slow) > 50)
  strictEqual(throttle.connections, 1)

  // What waited comes as one sum, once there is room for it.
  throttle.slow(false)
  hub.stop()
  const hash = await hub.hash
  await until(() => heldOf(slow) === heldOf(fast))
  for (const { model } of [fast, slow]) strictEqual(await model.shared.sharedHash(), hash)
})

interface Hub {
  readonly address: string
  readonly port: number
  readonly reports: readonly HubReport[]
  readonly last: HubReport
  stop(): void
  /** Of its shared values, once it has stopped. */
  readonly hash: Promise<string>
}

async function startHub(t: TestContext): Promise<Hub> {
  const child = spawn(process.execPath, ['--expose-gc', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  const reports: HubReport[] = []
  const address = Promise.withResolvers<string>()
  const hash = Promise.withResolvers<string>()
  createInterface(child.stdout).on('line', line => {
    if (line.startsWith('/')) return address.resolve(line)
    const told = JSON.parse(line)
    if ('hash' in told) hash.resolve(told.hash)
    else reports.push(told)
  })
  const at = await address.promise
  return {
    address: at,
    port: Number(at.split('/')[4]),
    reports,
    get last() {
      return reports.at(-1) ?? { rssMiB: 0, words: 0, packs: 0, links: [], warnings: [] }
    },
    stop: () => child.stdin.end(),
    hash: hash.promise
  }
}

interface Listener {
  readonly swarm: Swarm
  readonly model: Word2Vec
}

/** A peer that does not train. Nobody can dial it, and it dials this address only. */
async function join(t: TestContext, device: Device, address: string): Promise<Listener> {
  const node = await testNode(t, { bootstrap: [address], listen: [] })
  const model = await word2vec(device, SLOW_MODEL)
  const swarm = await joinSwarm({
    swarm: 'test',
    node: { ...node, dial: () => node.dial([address]) },
    replica: model.shared,
    job: JOB,
    warn: () => {}
  })
  t.after(() => swarm.leave())
  return { swarm, model }
}

/** Packs that it holds. */
function heldOf({ swarm }: Listener): number {
  return Object.values(swarm.held.vector).reduce((sum, last) => sum + last, 0)
}

function linkTo({ last }: Hub, { swarm }: Listener): HubReport['links'][number] | undefined {
  return last.links.find(({ peer }) => peer === swarm.peer)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
