import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { Receipt, Room } from '../../src/sources/server-room.ts'

function batch(items: readonly number[], bytes = 36) {
  return { items, bytes: items.map(() => bytes) }
}

test('what requests say was accepted comes out once, in the order of its request, however room and reader are', async () => {
  const request = fc.array(fc.array(fc.nat(300), { maxLength: 6 }), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { maxLength: 6 }),
      fc.integer({ min: 1, max: 2000 }),
      async (requests, most) => {
        const room = new Room<string>(most)
        const receipts = requests.map(() => new Receipt())
        const sending = requests.map(async (batches, i) => {
          const receipt = receipts[i] as Receipt
          let sent = 0
          for (const bytes of batches) {
            await room.deliver({ items: bytes.map(() => `${i}:${sent++}`), bytes }, receipt, 60_000)
            strictEqual(receipt.accepted, sent)
          }
        })
        void Promise.all(sending).then(() => room.end())
        const out = (await Array.fromAsync(room.chunks())).flat()
        for (const [i, batches] of requests.entries()) {
          const own = out.filter(item => item.startsWith(`${i}:`))
          deepStrictEqual(
            own,
            batches.flat().map((_, n) => `${i}:${n}`)
          )
          strictEqual(receipts[i]?.taken, own.length)
        }
      }
    ),
    { numRuns: 100 }
  )
})

test('a room takes no more than fits, and the rest when the reader has taken something', async () => {
  const room = new Room<number>(300)
  const receipt = new Receipt()
  const delivered = room.deliver(batch([1, 2, 3, 4, 5]), receipt, 60_000)
  strictEqual(receipt.accepted, 3)
  ok(room.full)
  const chunks = room.chunks()
  deepStrictEqual((await chunks.next()).value, [1, 2, 3])
  await delivered
  deepStrictEqual([receipt.accepted, receipt.taken], [5, 0])
  deepStrictEqual((await chunks.next()).value, [4, 5])
  strictEqual(receipt.taken, 3)
})

test('an item larger than the room gets in when it is empty', async () => {
  const room = new Room<number>(100)
  const receipt = new Receipt()
  const delivered = room.deliver(batch([1, 2], 1000), receipt, 60_000)
  strictEqual(receipt.accepted, 1)
  const chunks = room.chunks()
  deepStrictEqual((await chunks.next()).value, [1])
  await delivered
  deepStrictEqual((await chunks.next()).value, [2])
})

test('a batch whose time is over leaves its first items, and its turn to the next', async () => {
  const room = new Room<number>(300)
  const [first, second] = [new Receipt(), new Receipt()]
  const waiting = room.deliver(batch([1, 2], 200), first, 10)
  const next = room.deliver(batch([3]), second, 60_000)
  deepStrictEqual([first.accepted, second.accepted], [1, 0])
  await waiting
  deepStrictEqual([first.accepted, second.accepted], [1, 0])
  const chunks = room.chunks()
  deepStrictEqual((await chunks.next()).value, [1])
  await next
  deepStrictEqual((await chunks.next()).value, [3])
})

test('requests get in by turns', async () => {
  const room = new Room<number>(100)
  const receipts = [new Receipt(), new Receipt(), new Receipt()]
  const sending = receipts.map(async (receipt, i) => {
    for (let n = 0; n < 5; n++) await room.deliver(batch([i]), receipt, 60_000)
  })
  void Promise.all(sending).then(() => room.end())
  const out = (await Array.fromAsync(room.chunks())).flat()
  deepStrictEqual(
    out,
    Array.from({ length: 15 }, (_, n) => n % 3)
  )
})

test('a reader that stops ends every wait', async () => {
  const room = new Room<number>(100)
  const [inside, outside] = [new Receipt(), new Receipt()]
  await room.deliver(batch([1]), inside, 60_000)
  const chunks = room.chunks()
  await chunks.next()
  await room.deliver(batch([2]), inside, 60_000)
  const waits = [room.deliver(batch([3]), outside, 60_000), room.taken(inside)]
  await chunks.return(undefined)
  await Promise.all(waits)
  deepStrictEqual([room.state, inside.taken, outside.accepted], ['closed', 0, 0])
  await room.deliver(batch([4]), outside, 60_000)
  strictEqual(outside.accepted, 0)
})
