import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { hasNovels } from '../../bench/corpus.ts'
import { ruleOf } from '../../bench/merging-rules.ts'
import { mergingTable } from '../../bench/merging-table.ts'
import { shardsOf } from '../../bench/merging-text.ts'
import type { Row } from '../../bench/report.ts'
import { BREAK } from '../../kernels/contract.ts'

const run = promisify(execFile)
const launcher = fileURLToPath(new URL('../../bench/run.ts', import.meta.url))

// The demo's text has so few and so long lines that none of the first is held out.
const skip = hasNovels ? false : 'needs the novels, which are not there'

test('merging compares replicas with one, and amplify-average by hand is what the kernels do', {
  skip
}, async () => {
  const rules = 'amplify-average,power-1,sum'
  const options = ['--words', '150000', '--peers', '2', '--interval', '8192', '--rule', rules, '--json']
  const { stdout } = await run(process.execPath, [...process.execArgv, launcher, 'merging', ...options])
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Row)
  deepStrictEqual(
    rows.map(row => [row.peers, row.interval_words, row.rule]),
    [
      [1, 0, 'none'],
      [2, 8192, 'amplify-average'],
      [2, 8192, 'power-1'],
      [2, 8192, 'sum']
    ]
  )
  const [one, amplified, byHand, sum] = rows
  for (const row of rows) {
    strictEqual(row.bench, 'merging')
    strictEqual(row.value, Number(row.heldout_loss) - Number(one?.heldout_loss))
    // Six outputs that cost ln 2 each: what a model that has learned nothing has.
    ok(Number(row.heldout_loss) < 6 * Math.LN2, `${row.rule} has a loss of ${row.heldout_loss}`)
  }
  ok(Math.abs(Number(byHand?.heldout_loss) - Number(amplified?.heldout_loss)) < 1e-9)
  ok(sum?.heldout_loss !== amplified?.heldout_loss)
  ok(Number(sum?.bytes_per_word) > 0)
})

test('every line goes to one replica whole, and the order of the text is kept', () => {
  const lines = Array.from({ length: 500 }, (_, line) => [line, line * 7, BREAK])
  const text = {
    slots: Uint32Array.from(lines.flat()),
    lineEnds: Uint32Array.from(lines, (_, line) => (line + 1) * 3)
  }
  const shards = shardsOf(text, 4)
  strictEqual(shards.length, 4)
  const firsts = shards.map(shard => Array.from(shard.filter((_, i) => i % 3 === 0)))
  for (const shard of firsts) {
    deepStrictEqual(
      shard,
      shard.toSorted((a, b) => a - b)
    )
    ok(shard.length > 80, `a shard has ${shard.length} of 500 lines`)
  }
  deepStrictEqual(
    firsts.flat().sort((a, b) => a - b),
    lines.map(([first]) => first)
  )
})

test('a rule says how much of m a row is amplified by, and how many contributions count', () => {
  const row = { contributions: 3, m: 4, way: 2 }
  const of = (name: string) => [ruleOf(name).weights?.multiplier(row), ruleOf(name).weights?.counted(row)]
  const saturated = 1 - Math.exp(-1)
  deepStrictEqual(of('sum'), [1, 0])
  deepStrictEqual(of('mean'), [1, 3])
  deepStrictEqual(of('power-0.5'), [2, 3])
  deepStrictEqual(of('cap-3'), [3, 3])
  deepStrictEqual(of('saturate-0.5'), [1 + 3 * saturated, 3 * saturated])
  deepStrictEqual(of('damp-0.5'), [1, 3 * saturated])
  deepStrictEqual(ruleOf('amplify-average'), { fresh: false })
  deepStrictEqual(ruleOf('fresh-amplify-average'), { fresh: true })
  throws(() => ruleOf('median'), /--rule must name some of amplify-average, sum, mean, .*; got median/)
})

test('the table has the digits of its bars', () => {
  const row = { bench: 'merging', name: 'heldout_loss_over_one', value: 0.0123, unit: 'nats', peers: 8 }
  const of = { interval_words: 20_000, rule: 'sum', rate: 0.1, growth: 0, heldout_loss: 2.5123, ws353: 0.4 }
  const one = { ws353_one: 0.42, simlex999: 0.25, bytes_per_word: 18.04 }
  const [, , line] = mergingTable([{ ...row, ...of, ...one }]).split('\n')
  strictEqual(line, '| 8 | 20,000 | sum | 0.1 | 2.512 | 0.012 | 0.400 | 0.020 | 0.250 | 18.0 |')
})
