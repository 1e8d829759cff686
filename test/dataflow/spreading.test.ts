import { rejects, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { broadcast } from '../../src/dataflow/broadcast.ts'
import { distribute } from '../../src/dataflow/distribute.ts'
import { randomOf, SimulatedChannels } from './simulated-channels.ts'
import { type Account, source } from './source.ts'

for (const operator of [broadcast, distribute]) {
  test(`${operator.name} reads nothing before there are as many members as are wanted`, async () => {
    const sim = new SimulatedChannels(randomOf(21))
    const account: Account = { chunks: 0, closed: 0 }
    const options = { least: 2, clock: sim.clock }
    let over = 0
    const run = (name: string, chunks: string[][], own?: Account) =>
      Array.fromAsync(operator<string>(sim.peer(name), options)(source(chunks, own))).then(() => over++)
    run('ann', [['a'], ['b']], account)
    let rounds = 50
    await sim.until(() => --rounds === 0)
    strictEqual(account.chunks, 0)
    run('bob', [])
    await sim.until(() => over === 2)
    strictEqual(account.chunks, 2)
  })

  test(`${operator.name} ends with the error of an item that cannot be sent`, async () => {
    const sim = new SimulatedChannels(randomOf(22))
    const account: Account = { chunks: 0, closed: 0 }
    const options = { least: 2, clock: sim.clock }
    const chunks = Array.from({ length: 20 }, () => [new Map()])
    let over = 0
    const ended = () => void over++
    Array.fromAsync(operator<unknown>(sim.peer('bob'), options)(source([]))).then(ended)
    const failed = Array.fromAsync(operator<unknown>(sim.peer('ann'), options)(source(chunks, account)))
    failed.catch(ended)
    await sim.until(() => over === 2)
    await rejects(failed, {
      name: 'TypeError',
      message: `${operator.name}: an instance of Map cannot be sent; send plain values`
    })
    strictEqual(account.closed, 1)
  })
}
