import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { SwarmChoice } from '../../src/cli/swarm-options.ts'
import { partOf, textOf } from '../../src/cli/text-input.ts'
import { folder } from './tensair.ts'

const place = folder({ after })
const never = new AbortController().signal

const choice = (shard: SwarmChoice['shard']): SwarmChoice => ({
  name: 'news',
  bootstrap: [],
  listen: [],
  announce: [],
  mdns: true,
  shard,
  metrics: { host: '127.0.0.1', port: 0 },
  state: 'peer'
})

test('a file is a text that can be resumed, by its whole path; none has no lines', async () => {
  const file = join(place, 'text')
  writeFileSync(file, 'a\nb\n')
  const text = await textOf({ input: file, follow: false })
  deepStrictEqual([text.name, text.resumable, text.growing], [file, true, false])
  deepStrictEqual(await Array.fromAsync(text.open(2, never)), ['b'])
  const none = await textOf({ input: 'none', follow: false })
  deepStrictEqual([none.name, none.resumable], ['none', false])
  deepStrictEqual(await Array.fromAsync(none.open(0, never)), [])
})

test('a file that is called none has a path', async () => {
  const text = await textOf({ input: './none', follow: false })
  await rejects(Array.fromAsync(text.open(0, never)), { name: 'SourceError', message: /none/ })
})

test('a peer without a text is fed; one with a text takes the part it was given', () => {
  for (const shard of ['auto', 'feed'] as const) {
    strictEqual(partOf({ input: 'none', resume: true }, choice(shard))?.shard, 'fed')
    strictEqual(partOf({ input: 'text', resume: false }, choice(shard))?.shard, shard)
  }
  strictEqual(partOf({ input: '-', resume: true }, choice('feed'))?.shard, 'feed')
  strictEqual(partOf({ input: 'text', resume: true }, undefined), undefined)
})

test('a peer without a text needs a swarm that feeds it, and a text that was fed has no place to resume', () => {
  for (const [input, swarm, message] of [
    ['none', undefined, /^start: --input none reads nothing; give --swarm NAME/],
    ['none', choice('none'), /^start: --input none has no lines of its own; leave out --shard/],
    ['none', choice({ index: 1, count: 2 }), /^start: --input none has no lines of its own/],
    ['text', choice('feed'), /^start: --resume cannot tell which lines of a text were fed to others/]
  ] as const) {
    throws(() => partOf({ input, resume: true }, swarm), { name: 'UsageError', message })
  }
})
