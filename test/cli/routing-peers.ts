// Peers that run a job of jobs/ in one swarm, as processes.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PeerProcess } from './swarm-processes.ts'
import { start } from './tensair.ts'

/** Where a peer runs, and what with. */
export interface JobPeerOptions {
  readonly job: string
  /** The folder of its state; a peer that is started there again is the same one. */
  readonly folder: string
  readonly bootstrap?: readonly string[]
  readonly more?: readonly string[]
}

/** Starts a peer; it is killed when the test is over. */
export function startJobPeer(
  test: { after(act: () => Promise<void>): void },
  { job, folder, bootstrap = [], more = [] }: JobPeerOptions
): PeerProcess {
  const running = start([
    ...['start', fileURLToPath(new URL(`jobs/${job}.ts`, import.meta.url)), '--json', '--swarm', 'test'],
    ...['--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', '--state', join(folder, 'peer')],
    ...bootstrap.flatMap(address => ['--bootstrap', address]),
    ...more
  ])
  test.after(async () => {
    running.kill('SIGKILL')
    await running.outcome
  })
  return new PeerProcess(running, folder)
}

/** What a peer's flow has emitted so far. */
export function emitted<Item>(peer: PeerProcess): Item[] {
  return (peer.told as { event: string; item?: unknown }[]).flatMap(({ event, item }) =>
    event === 'item' ? [item as Item] : []
  )
}
