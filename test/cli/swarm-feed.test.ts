import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { Feeding, take, topicLines } from './swarm-feeding.ts'
import { found, type PeerProcess, startPeer, together } from './swarm-processes.ts'
import { folder, tensair } from './tensair.ts'

const place = folder({ after })
const WORDS_A_LINE = 12

/** A peer that reads its standard input for all, and one that reads nothing. */
async function pair(t: TestContext, name: string) {
  const more = ['--shard', 'feed']
  const reader = startPeer(t, { output: join(place, `${name}-reader`), swarm: name, more })
  const bootstrap = await reader.addresses()
  const fed = startPeer(t, { output: join(place, `${name}-fed`), swarm: name, bootstrap, input: 'none' })
  await together([reader, fed])
  return { reader, fed, bootstrap }
}

/** Words that each peer has trained, as one of them knows. */
async function wordsOf(peer: PeerProcess): Promise<{ own: number; others: number }> {
  const { members, peer: id } = await peer.status()
  const sum = (own: boolean) =>
    members.reduce((words, member) => words + ((member.peer === id) === own ? member.words : 0), 0)
  return { own: sum(true), others: sum(false) }
}

describe('one peer reads and others are fed', { concurrency: 2, timeout: 180_000 }, () => {
  test('each line is trained once, some at each, and both end with the same model', async t => {
    const { reader, fed } = await pair(t, 'halves')
    const lines = 60_000
    reader.feed(take(topicLines(1), lines))
    reader.end()
    const [a, b] = await Promise.all([reader.ended(), fed.ended()])
    strictEqual(a.words + b.words, lines * WORDS_A_LINE)
    // Half each on a machine of their own; other tests take of this one what they want.
    const least = 0.05 * lines * WORDS_A_LINE
    ok(a.words > least && b.words > least, `${a.words} and ${b.words}`)
    strictEqual(a.sharedHash, b.sharedHash)
    match(a.sharedHash ?? '', /^(?!0{32})[\da-f]{32}$/)
    deepStrictEqual([a.event, b.event, reader.warnings, fed.warnings], ['done', 'done', [], []])
  })

  test('what a peer that is killed was fed and had not trained, the other trains', async t => {
    const { reader, fed } = await pair(t, 'killed')
    const lines = topicLines(2)
    reader.feed(take(lines, 100))
    const before = await found('the first lines are trained', async () => {
      const { own, others } = await wordsOf(reader)
      return own + others === 100 * WORDS_A_LINE ? { own, others } : undefined
    })
    // It is fed still, and answers nothing.
    fed.kill('SIGSTOP')
    reader.feed(take(lines, 20_000))
    await found('the reader goes on', async () => {
      const { own } = await wordsOf(reader)
      return own > 100_000 || undefined
    })
    fed.kill('SIGKILL')
    reader.end()
    const { event, words } = await reader.ended()
    deepStrictEqual([event, words + before.others], ['done', 20_100 * WORDS_A_LINE])
  })

  test('Ctrl-C at the one that reads: it saves and goes, and the other ends with what it was fed', async t => {
    const { reader, fed } = await pair(t, 'left')
    const feeding = new Feeding([reader])
    t.after(() => feeding.end())
    await found('both train', async () => {
      const { own, others } = await wordsOf(reader)
      return (own > 2000 && others > 2000) || undefined
    })
    reader.kill('SIGINT')
    const [a, b] = await Promise.all([reader.ended(130), fed.ended()])
    deepStrictEqual([a.event, b.event], ['interrupted', 'done'])
    ok(a.words > 2000 && b.words > 2000, `${a.words} and ${b.words}`)
    feeding.end()
  })

  test('Ctrl-C at the one that is fed: the other goes on with its lines', async t => {
    const { reader, fed } = await pair(t, 'gone')
    const feeding = new Feeding([reader])
    t.after(() => feeding.end())
    await found('both train', async () => {
      const { own, others } = await wordsOf(reader)
      return (own > 2000 && others > 2000) || undefined
    })
    fed.kill('SIGINT')
    const b = await fed.ended(130)
    feeding.end()
    const a = await reader.ended()
    deepStrictEqual([a.event, b.event], ['done', 'interrupted'])
    strictEqual(a.words + b.words, reader.fed.at(-1)?.words)
  })

  test('one that comes when the text is over waits for nobody', async t => {
    const { reader, fed, bootstrap } = await pair(t, 'late')
    const own = startPeer(t, { output: join(place, 'late-own'), swarm: 'late', bootstrap })
    await together([reader, fed, own])
    reader.feed(take(topicLines(3), 1000))
    reader.end()
    const waits = (peer: PeerProcess) =>
      found(`${peer.output} waits`, () => peer.told.some(({ event }) => event === 'waiting') || undefined)
    await Promise.all([waits(reader), waits(fed)])
    const late = startPeer(t, { output: join(place, 'late-comer'), swarm: 'late', bootstrap, input: 'none' })
    await waits(late)
    own.feed(take(topicLines(4), 100))
    own.end()
    const ends = await Promise.all([reader, fed, own, late].map(peer => peer.ended()))
    strictEqual(ends[0].words + ends[1].words, 1000 * WORDS_A_LINE)
    deepStrictEqual([ends[2].words, ends[3].words], [100 * WORDS_A_LINE, 0])
    for (const { sharedHash } of ends) strictEqual(sharedHash, ends[0].sharedHash)
  })
})

test('a peer without a text and a swarm is told so in one line', async () => {
  const { code, stderr } = await tensair(['start', 'word2vec', '--input', 'none'])
  strictEqual(code, 2)
  match(stderr, /^tensair: start: --input none reads nothing; give --swarm NAME, of peers .*\n$/)
})
