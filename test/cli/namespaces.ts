// Hosts of a local network, as far as a process can tell: network namespaces on one bridge, which is in a namespace too.

import { execFileSync, spawnSync } from 'node:child_process'
import type { TestContext } from 'node:test'

/** Why there can be no such network here; undefined where there can. */
export function refused(): string | undefined {
  const name = `tensair-${process.pid}-probe`
  try {
    ip('netns', 'add', name)
    ip('-n', name, 'link', 'add', 'bridge', 'type', 'bridge')
    ip('-n', name, 'link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'far')
    ip('netns', 'exec', name, 'true')
    return undefined
  } catch (error) {
    return `needs network namespaces: ${String(error).trim().split('\n').at(-1)}`
  } finally {
    spawnSync('ip', ['netns', 'delete', name])
  }
}

/** A host of the network. */
export interface Host {
  /** Its address on the network. */
  readonly address: string
  /** What to run a program with, so that it runs on this host. */
  readonly program: readonly string[]
  /** Pulls its plug: nobody is told. */
  unplug(): void
  plugIn(): void
}

/** A network of so many hosts, which is gone when the test is over. */
export function localNetwork(t: TestContext, count: number): Host[] {
  const bridge = `tensair-${process.pid}-bridge`
  const names = Array.from({ length: count }, (_, i) => `tensair-${process.pid}-${i}`)
  t.after(() => {
    for (const name of [...names, bridge]) spawnSync('ip', ['netns', 'delete', name])
  })
  ip('netns', 'add', bridge)
  ip('-n', bridge, 'link', 'add', 'bridge', 'type', 'bridge')
  ip('-n', bridge, 'link', 'set', 'bridge', 'up')
  return names.map((name, i) => {
    const address = `10.77.0.${i + 1}`
    const port = `port${i}`
    ip('netns', 'add', name)
    ip('-n', bridge, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
    ip('-n', bridge, 'link', 'set', port, 'master', 'bridge', 'up')
    ip('-n', name, 'address', 'add', `${address}/24`, 'dev', 'eth0')
    ip('-n', name, 'link', 'set', 'lo', 'up')
    ip('-n', name, 'link', 'set', 'eth0', 'up')
    ip('-n', name, 'route', 'add', 'default', 'dev', 'eth0') // multicast goes where everything goes
    return {
      address,
      program: ['ip', 'netns', 'exec', name],
      unplug: () => ip('-n', bridge, 'link', 'set', port, 'down'),
      plugIn: () => ip('-n', bridge, 'link', 'set', port, 'up')
    }
  })
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
