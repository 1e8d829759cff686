import { emptyReplica } from '../jobs/empty-replica.ts'
import type { JobEvent } from '../jobs/events.ts'
import type { FlowEvent } from '../jobs/flow-events.ts'
import { sourceName } from '../jobs/source-name.ts'
import type { SwarmPart } from '../jobs/taking-part.ts'
import type { Text } from '../jobs/text.ts'
import { PackBounds } from '../models/pack-bounds.ts'
import { openNode, type PeerNode } from '../net/node.ts'
import { loadIdentity } from '../net/node-identity.ts'
import { joinSwarm } from '../net/swarm.ts'
import { openStatusServer, type StatusServer } from './status-server.ts'
import type { SwarmChoice } from './swarm-options.ts'

// How long the first line of a growing text is waited for.
const FIRST_LINE_MS = 1000

/** This process as a peer of a swarm: its node, and the server of its status. */
export interface SwarmPeer {
  /** What the job needs to take part. */
  readonly part: SwarmPart
  /** Passes the job's events on to the metrics. */
  tell(event: JobEvent | FlowEvent): void
  close(): Promise<void>
}

/** Prepares to take part in a swarm, with a text or with what its source is called; the network is touched when the job joins. */
export async function openSwarmPeer(
  choice: SwarmChoice,
  text: Text | Required<Pick<Text, 'source'>>,
  warn: (message: string) => void
): Promise<SwarmPeer> {
  const { name, psk, bootstrap, listen, announce, mdns, metrics, state } = choice
  const identity = await loadIdentity(state)
  let node: PeerNode | undefined
  let server: StatusServer | undefined
  const source = choice.shard === 'auto' ? await sourceOf(text) : ''
  const part: SwarmPart = {
    shard: choice.shard,
    source,
    ...(choice.exchangeEvery !== undefined && { exchangeEvery: choice.exchangeEvery }),
    async join(model, job, held) {
      node = await openNode({ swarm: name, identity, listen, announce, bootstrap, mdns, ...(psk && { psk }) })
      model?.shared.drawApart?.(node.peer)
      const replica = model?.shared ?? emptyReplica
      const bounds = new PackBounds(replica)
      const swarm = await joinSwarm({
        swarm: name,
        node,
        replica,
        job,
        source,
        warn,
        judge: (peer, { delta, words }, elapsedMs, about) =>
          bounds.judge(peer, delta, words, elapsedMs, about),
        packed: ({ delta, words }) => bounds.own(delta, words),
        ...(held !== undefined && { held })
      })
      server = await openStatusServer({ swarm, state, ...metrics })
      return swarm
    }
  }
  return {
    part,
    tell: event => server?.tell(event),
    async close() {
      await server?.close()
      await node?.close()
    }
  }
}

/** Peers can share what can be read from its start again; a stream that passes by is each peer's own. */
async function sourceOf(text: Text | Required<Pick<Text, 'source'>>): Promise<string> {
  if (text.source !== undefined) return text.source
  if (!('open' in text) || !text.resumable) return ''
  const end = new AbortController()
  try {
    const name = sourceName(text.open(0, end.signal), text.growing)
    // A text that grows may be empty still: nobody can know it then.
    const late = new Promise<string>(resolve => setTimeout(resolve, FIRST_LINE_MS, '').unref())
    return await (text.growing === true ? Promise.race([name, late]) : name)
  } finally {
    end.abort()
  }
}
