// Peers of a swarm as their users run them: as processes, here fed line by line.

import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EndEvent, JobEvent } from '../../src/jobs/events.ts'
import type { SwarmStatus } from '../../src/types.ts'
import { events, launcher, type Outcome, type Running, start } from './tensair.ts'

const LOOK_MS = 50
/** Longer than anything here takes on a busy machine. */
const PATIENCE_MS = 90_000

/** How a peer is started. */
export interface PeerOptions {
  /** The folder of its model, in which it keeps its state too. */
  readonly output: string
  readonly swarm?: string
  /** Addresses to begin with. */
  readonly bootstrap?: readonly string[]
  /** Whether it looks around on the local network. Default false. */
  readonly mdns?: boolean
  /** Default: this machine only, any port. */
  readonly listen?: string
  /** Default: standard input, which is this peer's own. */
  readonly input?: string
  /** Default 16. */
  readonly dim?: number
  readonly more?: readonly string[]
  /** A program that runs the command it is given, elsewhere. Default: none. */
  readonly on?: readonly string[]
}

/** Starts a peer with a small model on one thread; it is killed when the test is over. */
export function startPeer(
  test: { after(act: () => Promise<void>): void },
  options: PeerOptions
): PeerProcess {
  const { output, swarm = 'test', bootstrap = [], mdns = false, input = '-', dim = 16 } = options
  const { listen = '/ip4/127.0.0.1/tcp/0', more = [], on = [] } = options
  const args = [
    ...['start', 'word2vec', '--input', input, '--output', output, '--json'],
    ...['--device', 'wasm', '--threads', '1', '--dim', `${dim}`, '--min-count', '2', '--capacity', '8192'],
    ...['--swarm', swarm, '--exchange-every', '1000', '--listen', listen],
    ...(mdns ? [] : ['--no-mdns']),
    ...bootstrap.flatMap(address => ['--bootstrap', address]),
    ...more
  ]
  const running = start(args, [...on, process.execPath, launcher])
  test.after(async () => {
    running.kill('SIGKILL')
    await running.outcome
  })
  return new PeerProcess(running, output)
}

/** A peer's process. */
export class PeerProcess {
  readonly output: string
  readonly outcome: Promise<Outcome>
  readonly pid: number
  /** How many words had been written to its standard input, and when (performance.now()). */
  readonly fed: { readonly at: number; readonly words: number }[] = []
  readonly #running: Running
  #over = false

  constructor(running: Running, output: string) {
    this.#running = running
    this.output = output
    this.outcome = running.outcome
    this.pid = running.process
    this.outcome.then(() => {
      this.#over = true
    })
  }

  get state(): string {
    return join(this.output, 'peer')
  }

  /** What it has told so far. */
  get told(): JobEvent[] {
    const text = this.#running.stdout
    return events(text.slice(0, text.lastIndexOf('\n') + 1)) as unknown as JobEvent[]
  }

  /** The losses it has told, one for each second or so in which any was measured. */
  get losses(): number[] {
    return this.told.flatMap(event =>
      event.event === 'progress' && event.loss !== undefined ? [event.loss] : []
    )
  }

  get warnings(): string[] {
    return this.told.flatMap(event => (event.event === 'warning' ? [event.message] : []))
  }

  /** Whether the process has ended. */
  get over(): boolean {
    return this.#over
  }

  /** Where its status is served; undefined until it has joined its swarm. */
  get statusAddress(): string | undefined {
    try {
      const note = JSON.parse(readFileSync(join(this.state, 'status.json'), 'utf8'))
      // A process that was killed leaves its note behind.
      return note.process === this.pid ? note.address : undefined
    } catch {
      return undefined
    }
  }

  /** Resolves once it has joined its swarm. */
  async status(): Promise<SwarmStatus> {
    const address = await found(`${this.output} joins its swarm`, () => {
      ok(!this.#over, `${this.output} ended: ${this.#running.stdout}`)
      return this.statusAddress
    })
    const answer = await fetch(`${address}/status`, { signal: AbortSignal.timeout(PATIENCE_MS) })
    return (await answer.json()) as SwarmStatus
  }

  /** Where other peers reach it. */
  async addresses(): Promise<readonly string[]> {
    const { members, peer } = await this.status()
    return members.find(member => member.peer === peer)?.addresses ?? []
  }

  /** Writes lines to its standard input. */
  feed(lines: readonly string[]): void {
    const words = lines.reduce((total, line) => total + line.split(' ').length, this.fed.at(-1)?.words ?? 0)
    this.#running.write(`${lines.join('\n')}\n`)
    this.fed.push({ at: performance.now(), words })
  }

  /** Ends its standard input. */
  end(): void {
    this.#running.end()
  }

  kill(signal: NodeJS.Signals): void {
    this.#running.kill(signal)
  }

  /** Resolves when the process has ended by itself, with this code and nothing on standard error; returns its last event. */
  async ended(code = 0): Promise<EndEvent> {
    const outcome = await this.outcome
    const last = this.told.at(-1)
    const whole = `${this.output}: code ${outcome.code}\n${outcome.stderr}${outcome.stdout}`
    ok(outcome.code === code && outcome.stderr === '', whole)
    ok(last?.event === 'done' || last?.event === 'interrupted', whole)
    return last
  }
}

/** Resolves when every one of the peers knows all of them, and no others, to be alive. */
export async function together(peers: readonly PeerProcess[]): Promise<void> {
  const ids = await Promise.all(peers.map(async peer => (await peer.status()).peer))
  await found(`${peers.length} peers find each other`, async () => {
    for (const peer of peers) {
      const { members, links } = await peer.status()
      const known = new Set(members.map(member => member.peer))
      if (links.length === 0 && peers.length > 1) return undefined
      if (known.size !== ids.length || !ids.every(id => known.has(id))) return undefined
    }
    return true
  })
}

/** Resolves when the peers are one tree: each has links to others of them only, and one is the root. */
export async function oneTree(peers: readonly PeerProcess[]): Promise<void> {
  await found('the peers are one tree', async () => {
    const states = await Promise.all(peers.map(peer => peer.status()))
    const ids = new Set(states.map(({ peer }) => peer))
    const linked = states.every(({ links }) => links.length > 0 && links.every(({ peer }) => ids.has(peer)))
    return (linked && states.filter(({ root }) => root).length === 1) || undefined
  })
}

/** Resolves when each of the peers has applied ten more frames of others, and has measured its loss once more. */
export async function learning(peers: readonly PeerProcess[]): Promise<void> {
  await Promise.all(
    peers.map(async peer => {
      const { framesApplied } = await peer.status()
      const { length } = peer.losses
      await found(`${peer.output} learns from others`, async () => {
        const now = await peer.status()
        return (now.framesApplied >= framesApplied + 10 && peer.losses.length > length) || undefined
      })
    })
  )
}

/**
 * Resolves when the peers have ended by themselves: with every word that they were given, without a warning other than
 * those expected, and with the same model.
 */
export async function agreed(peers: readonly PeerProcess[], expected = /^$/): Promise<void> {
  const ends = await Promise.all(peers.map(peer => peer.ended()))
  const all = JSON.stringify(ends, undefined, 1)
  for (const [i, peer] of peers.entries()) {
    strictEqual(ends[i].runWords, peer.fed.at(-1)?.words ?? 0, all)
    const others = peer.warnings.filter(warning => !expected.test(warning))
    deepStrictEqual(others, [], peer.output)
    strictEqual(ends[i].sharedHash, ends[0].sharedHash, all)
  }
  match(ends[0].sharedHash ?? '', /^(?!0{32})[\da-f]{32}$/)
}

/** Looks again and again until there is something to find; fails after a time that is longer than anything takes. */
export async function found<Result>(
  what: string,
  look: () => Result | undefined | Promise<Result | undefined>
): Promise<Result> {
  const patience = performance.now() + PATIENCE_MS
  while (performance.now() < patience) {
    const result = await look()
    if (result !== undefined) return result
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }
  throw new Error(`wanted within ${PATIENCE_MS / 1000} s: ${what}`)
}
