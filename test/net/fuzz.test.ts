import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { FuzzResult } from './fuzz-swarm.ts'

const run = promisify(execFile)
const script = fileURLToPath(new URL('fuzz-swarm.ts', import.meta.url))

const MESSAGES = 20_000
/** Each link over TCP takes some 10 ms; `TENSAIR_FUZZ_TCP=20000` for all of them takes minutes. */
const OVER_TCP = Number(process.env.TENSAIR_FUZZ_TCP ?? 1000)

test('20,000 messages of chance harm neither the peer they are sent to nor its training with another', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const { stdout } = await run(process.execPath, [
    ...['--expose-gc', script],
    ...[`${seed}`, `${MESSAGES}`, `${OVER_TCP}`]
  ]).catch(error => {
    throw new Error(`seed ${seed}: ${error.message}`, { cause: error })
  })
  const result = JSON.parse(stdout) as FuzzResult
  const about = `seed ${seed}: ${stdout.slice(0, 600)}`
  const { sent, rejected, framesApplied, heap, rss, loss, repaired, warnings } = result
  strictEqual(result.lost, undefined, about)
  strictEqual(sent, MESSAGES, about)
  // Both kinds were there: what had to be refused, and what was still sound.
  for (const offence of ['malformed', 'oversize', 'protocol', 'bounds']) ok(rejected[offence] > 10, about)
  ok(framesApplied > 100, about)

  deepStrictEqual(repaired, [0, 0], about)
  ok(loss[1] < loss[0], about)

  // The two logs of packs, which are bounded by 64 MiB each, fill meanwhile.
  ok(heap[1] - heap[0] < 32 && rss[1] - rss[0] < 64, about)
  for (const warning of warnings) match(warning, /^swarm: [^\p{Cc}]+$/u)
  deepStrictEqual([...new Set(warnings)], warnings)
})
