import { ok, strictEqual } from 'node:assert'
import { type TestContext, test } from 'node:test'
import { type Link, openLink } from '../../src/net/link.ts'
import type { OpenStream } from '../../src/net/node.ts'
import { type Freight, Precedence } from '../../src/net/precedence.ts'
import { openStream, testNode, until } from './nodes.ts'

const MIB = 1 << 20

/** Two links over one connection, and how many bytes of each kind came to the far end. */
interface Pair {
  readonly deltas: Link
  readonly items: Link
  readonly came: Record<Freight, number>
}

/** `first` is opened first, which libp2p alone would prefer. */
async function pair(t: TestContext, first: Freight): Promise<Pair> {
  const [a, b] = [await testNode(t), await testNode(t)]
  const precedence = new Precedence()
  const came: Pair['came'] = { deltas: 0, items: 0 }
  const link = ([near, far]: readonly OpenStream[], freight: Freight): Link => {
    openLink(far.stream, {
      limits: () => 64 * MIB,
      onMessage: (_type, bytes) => {
        came[freight] += bytes.length
        return undefined
      },
      onClose: () => {}
    })
    const waits = () => opened.buffered > 0
    const opened: Link = openLink(precedence.enter(b.peer, freight, near.stream, waits), {
      limits: () => undefined,
      onMessage: () => undefined,
      onClose: () => {}
    })
    return opened
  }
  const one = link(await openStream(a, b), first)
  const other = link(await openStream(a, b), first === 'items' ? 'deltas' : 'items')
  return first === 'items' ? { items: one, deltas: other, came } : { items: other, deltas: one, came }
}

/** Messages of 64 KiB. */
function send(link: Link, bytes: number): void {
  for (let i = 0; i < bytes; i += 1 << 16) link.send(1, new Uint8Array(1 << 16), 'bulk')
}

for (const first of ['items', 'deltas'] as const) {
  test(`deltas go before items, four to one, where the stream of ${first} was opened first`, async t => {
    const { deltas, items, came } = await pair(t, first)
    send(items, 64 * MIB)
    await until(() => came.items > 0)
    const before = came.items
    send(deltas, 8 * MIB)
    await until(() => came.deltas === 8 * MIB)
    const beside = came.items - before
    // What was in the pipe, up to 1 MiB in a window and 1 MiB in sockets; what fits while deltas wait for their window.
    ok(beside < 8 * MIB, `${beside} bytes of items came before the deltas`)
    await until(() => came.items === 64 * MIB)
  })

  test(`items get on while deltas wait, where the stream of ${first} was opened first`, async t => {
    const { deltas, items, came } = await pair(t, first)
    send(deltas, 64 * MIB)
    await until(() => came.deltas > 0)
    const before = came.deltas
    send(items, 2 * MIB)
    await until(() => came.items === 2 * MIB)
    const beside = came.deltas - before
    ok(beside < 24 * MIB, `${beside} bytes of deltas came before the items`)
    await until(() => came.deltas === 64 * MIB)
  })
}

test('a link that ends lets the other go on', async t => {
  const { deltas, items, came } = await pair(t, 'items')
  send(items, 32 * MIB)
  send(deltas, 32 * MIB)
  await until(() => came.deltas > 0)
  deltas.abort('enough')
  await until(() => came.items === 32 * MIB)
  strictEqual(items.buffered, 0)
})
