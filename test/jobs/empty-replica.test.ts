import { deepStrictEqual, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { emptyReplica } from '../../src/jobs/empty-replica.ts'
import { createCodec } from '../../src/net/codec.ts'
import type { Content } from '../../src/net/content.ts'
import type { Message } from '../../src/net/messages.ts'
import { differenceFrom, freshRows, hashesOf, stateMessages } from '../../src/net/state-transfer.ts'
import { joinSwarm } from '../../src/net/swarm.ts'
import { testNode, until } from '../net/nodes.ts'
import { SmallReplica } from '../net/small-replica.ts'

function sent(message: Message<Content>): Message<Content> {
  const { type, parts } = createCodec(emptyReplica).encode(message)
  return createCodec(emptyReplica).decode(type, new Uint8Array(Buffer.concat(parts)))
}

test('its hashes, its state and its frames go over a link like any other', async () => {
  const hashes = await hashesOf(emptyReplica)
  deepStrictEqual(hashes, { keys: new Uint32Array(0), tables: [] })
  deepStrictEqual(sent({ type: 'want-state', hashes }), { type: 'want-state', hashes })
  const difference = await differenceFrom(emptyReplica, hashes)
  const [state, ...others] = stateMessages(7, new Map([['a', 1]]), difference)
  strictEqual(others.length, 0)
  deepStrictEqual(sent(state), state)
  deepStrictEqual(freshRows(emptyReplica, new Uint32Array(0)), [])
  const frame: Message<Content> = {
    type: 'frame',
    ranges: new Map([['a', [1, 2] as const]]),
    content: { words: 3, delta: [] },
    waited: 0
  }
  deepStrictEqual(sent(frame), frame)
})

test('rows that another peer claims for it are refused as malformed, and find no room', () => {
  const other = new SmallReplica()
  other.names.admit('word')
  const rows = Uint32Array.of(0)
  const part = {
    dim: 4,
    rows,
    shifts: new Uint8Array(1),
    values: new Int8Array(4).fill(1),
    accumulators: new Int32Array(1),
    counts: new Uint32Array(1).fill(1)
  }
  const { type, parts } = createCodec(other).encode({
    type: 'frame',
    ranges: new Map([['a', [1, 1]]]),
    content: { words: 1, delta: [part, part] },
    waited: 0
  })
  const bytes = Buffer.from(new Uint8Array(Buffer.concat(parts)).buffer)
  // The same, but for the number of tables: none.
  const claimed = bytes.indexOf(Uint8Array.of(2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0))
  bytes[claimed] = 0
  throws(() => createCodec(emptyReplica).decode(type, bytes), {
    name: 'CodecError',
    message: /the number of rows/
  })
})

test('two peers without a model form a swarm, and settle and leave at once', async t => {
  const warnings: string[] = []
  const nodes = [await testNode(t)]
  nodes.push(await testNode(t, { bootstrap: nodes[0].addresses() }))
  const swarms = await Promise.all(
    nodes.map(node =>
      joinSwarm({
        swarm: 'test',
        node,
        replica: emptyReplica,
        job: { job: 'a' },
        warn: message => warnings.push(message)
      })
    )
  )
  await until(() => swarms.every(swarm => swarm.status().links.length === 1))
  for (const swarm of swarms) {
    strictEqual(await swarm.exchange(true), true)
    swarm.report({ words: 0, position: 0, finished: true })
  }
  await Promise.all(swarms.map(swarm => swarm.settled(AbortSignal.timeout(10_000))))
  deepStrictEqual(
    swarms.map(swarm => [swarm.status().packs, swarm.status().members.length, swarm.status().rejected]),
    [
      [0, 2, {}],
      [0, 2, {}]
    ]
  )
  await Promise.all(swarms.map(swarm => swarm.leave()))
  deepStrictEqual(warnings, [])
})
