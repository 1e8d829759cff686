import { strictEqual } from 'node:assert'
import { test } from 'node:test'
import { banList } from '../../src/net/node-bans.ts'

test('a ban holds until its time is over or it is lifted', async () => {
  const bans = banList()
  bans.ban('a', 3_600_000)
  bans.ban('b', 1)
  strictEqual(bans.isBanned('a'), true)
  while (bans.isBanned('b')) await new Promise(resolve => setImmediate(resolve))
  bans.ban('a', 0)
  strictEqual(bans.isBanned('a'), false)
})

test('the last thousand are remembered', () => {
  const bans = banList()
  for (let i = 0; i < 1001; i++) bans.ban(`${i}`, 3_600_000)
  strictEqual(bans.isBanned('0'), false)
  strictEqual(bans.isBanned('1'), true)
  strictEqual(bans.isBanned('1000'), true)
})
