// Peers of a swarm as their users run them: as processes, here fed by the test, line by line.

import { match, ok, strictEqual } from 'node:assert'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EndEvent, JobEvent, ProgressEvent, WarningEvent } from '../../src/jobs/events.ts'
import type { SwarmStatus } from '../../src/types.ts'
import { events, type Outcome, type Running, start } from './tensair.ts'

const LOOK_MS = 50
/** Longer than anything here takes on a busy machine. */
const PATIENCE_MS = 90_000

/** How a peer is started. */
export interface PeerOptions {
  /** The folder of its model; its state is kept in it. */
  readonly output: string
  readonly swarm?: string
  /** Addresses to begin with; without any it looks around by mDNS only where `mdns` says so. */
  readonly bootstrap?: readonly string[]
  readonly mdns?: boolean
  /** Default: standard input, which is this peer's own. */
  readonly input?: string
  readonly more?: readonly string[]
}

/** A running peer. */
export interface PeerProcess {
  readonly output: string
  readonly state: string
  readonly outcome: Promise<Outcome>
  /** Words written to its standard input so far, and when (performance.now()). */
  readonly fed: readonly { readonly at: number; readonly words: number }[]
  /** Everything it has told so far. */
  told(): readonly JobEvent[]
  /** Where its status is served; resolves once it takes part in its swarm. */
  address(): Promise<string>
  status(): Promise<SwarmStatus>
  feed(lines: readonly string[]): void
  end(): void
  kill(signal: NodeJS.Signals): void
  readonly process: number
}

/** Starts a peer with a small model on one thread. */
export function startPeer(options: PeerOptions): PeerProcess {
  const { output, swarm = 'test', bootstrap = [], mdns = false, input = '-', more = [] } = options
  const running = start([
    ...['start', 'word2vec', '--input', input, '--output', output, '--json'],
    ...['--device', 'wasm', '--threads', '1', '--dim', '16', '--min-count', '2', '--capacity', '8192'],
    ...['--swarm', swarm, '--exchange-every', '1000', '--listen', '/ip4/127.0.0.1/tcp/0'],
    ...(mdns ? [] : ['--no-mdns']),
    ...bootstrap.flatMap(address => ['--bootstrap', address]),
    ...more
  ])
  return new FedPeer(running, output)
}

class FedPeer implements PeerProcess {
  readonly output: string
  readonly state: string
  readonly outcome: Promise<Outcome>
  readonly fed: { at: number; words: number }[] = []
  readonly process: number
  readonly #running: Running

  constructor(running: Running, output: string) {
    this.#running = running
    this.output = output
    this.state = join(output, 'peer')
    this.outcome = running.outcome
    this.process = running.process
  }

  told(): readonly JobEvent[] {
    const text = this.#running.stdout
    return events(text.slice(0, text.lastIndexOf('\n') + 1)) as unknown as JobEvent[]
  }

  async address(): Promise<string> {
    return await until(() => {
      try {
        const note = JSON.parse(readFileSync(join(this.state, 'status.json'), 'utf8'))
        // A process that was killed leaves its note behind.
        return note.process === this.process ? String(note.address) : undefined
      } catch {
        return undefined
      }
    }, `${this.output} serves its status`)
  }

  async status(): Promise<SwarmStatus> {
    const answer = await fetch(`${await this.address()}/status`, { signal: AbortSignal.timeout(PATIENCE_MS) })
    return (await answer.json()) as SwarmStatus
  }

  feed(lines: readonly string[]): void {
    const words = lines.reduce((total, line) => total + line.split(' ').length, this.fed.at(-1)?.words ?? 0)
    this.fed.push({ at: performance.now(), words })
    this.#running.write(`${lines.join('\n')}\n`)
  }

  end(): void {
    this.#running.end()
  }

  kill(signal: NodeJS.Signals): void {
    this.#running.kill(signal)
  }
}
