import { chunksOf, stream } from '../stream.ts'
import type { Channels, Chunk, Operator } from '../types.ts'
import { type Clock, steadyClock } from './clock.ts'
import { Returns } from './returns.ts'
import { Ring } from './ring.ts'

/** An item as the body of `iterate` gets it: plain, so that it can go to other peers. */
export interface Round<Item> {
  readonly item: Item
  /** How often it has gone round before: 0 for an item of the source. */
  readonly round: number
  /** The peer that waits for its turn; empty without a swarm. */
  readonly from: string
  /** Its number there. */
  readonly number: number
}

/** What the body of `iterate` makes of an item. */
export interface Turn<Item, Out> {
  /** What the body was given. */
  readonly of: Round<Item>
  /** What goes out. Default: nothing. */
  readonly out?: readonly Out[]
  /** What goes round once more. Default: nothing. */
  readonly again?: readonly Item[]
}

/** An operator from rounds to turns. `leaving` aborts when what goes round is done and this peer is to leave: for an `exchange` in the body. */
export type IterateBody<Item, Out> = (
  rounds: AsyncIterable<Round<Item>>,
  leaving: AbortSignal
) => AsyncIterable<Turn<Item, Out>>

export interface IterateOptions {
  /** How often something may go round. */
  readonly most: number
  /** Items that may go round at once; with half as many no more of the source is read. Default 65536. */
  readonly going?: number
  /** The swarm that an `exchange` or `distribute` in the body is over. Default: the body keeps its items here. */
  readonly swarm?: Channels | undefined
  /** The channel's name, with a swarm; each `iterate` of a flow needs its own. Default `iterate`. */
  readonly name?: string
  /** When it aborts no more of the source is read, and the output ends when nothing goes round. Default: it goes on to the source's end. */
  readonly leaving?: AbortSignal
  /** What tells the time. Default: the real one. */
  readonly clock?: Clock
}

/**
 * A feedback edge: what `body` makes of an item goes out, or comes back to the body as new items, which it gets before more of
 * the source. So `most` rounds of one item are over before the next chunk is read, where the body does not read ahead.
 *
 * The body gives exactly one turn for each item, in any order: `map` does, with a concurrency too. It may not gather items until more
 * come. The body's input ends when the source has ended and nothing goes round. An item that the body drops is an error where its
 * operators pass positions on, as `filter` does, and when the body ends; behind an `exchange` nothing tells, and it is waited for.
 * The output's chunks have no positions. A reader that stops closes body and source.
 *
 * With a swarm the body may hold an `exchange` or `distribute`. What goes out comes out at the peer that made it; what goes round comes
 * back to the peer whose source it came from, over a channel, and begins its next round there. So each peer knows by itself when its own
 * items are done, its body's input ends then, and the output ends when the body's does: when all members' sources have. Each
 * item comes out once; where a member is lost or stops early, every peer has all of its own that go round begin their round again, and the
 * first turn of each counts: nothing of a peer that lives is lost, and what comes out may come out twice.
 *
 * @throws RangeError for options out of range, for what would go round more than `most` times, where more than `going` items go round,
 *   and for an item that is too large to be sent. TypeError for one that cannot be. Error where the body gives no turn for an item, or,
 *   without a swarm, another than the first; Error where the channel is open already.
 */
export function iterate<Item, Out>(
  body: IterateBody<Item, Out>,
  { most, going = 65_536, swarm, name = 'iterate', leaving, clock = steadyClock }: IterateOptions
): Operator<Item, Out> {
  check('most', 'rounds', most)
  check('going', 'items', going)
  return items =>
    stream(async function* () {
      const ring = new Ring<Item>(chunksOf(items), { most, going, leaving })
      const returns = swarm === undefined ? undefined : new Returns(swarm, name, ring)
      let stopped = true
      try {
        yield* iterated(body, ring, returns)
        await returns?.settled(clock)
        stopped = false
      } finally {
        await ring.close()
        await returns?.close(stopped)
      }
    })
}

async function* iterated<Item, Out>(
  body: IterateBody<Item, Out>,
  ring: Ring<Item>,
  returns: Returns<Item> | undefined
): AsyncGenerator<Chunk<Out>> {
  for await (const turns of chunksOf(body(ring.input, ring.over))) {
    const out: Out[] = []
    for (const { of, out: some = [], again = [] } of turns) {
      for (const one of some) out.push(one)
      if (returns !== undefined) returns.give(of, again)
      else if (of.from !== '' || !ring.turned(of.number, again)) {
        throw new Error('iterate: wanted one turn of the body for each item it gets; got another')
      }
    }
    returns?.send()
    if (turns.position !== undefined) ring.checkThrough(turns.position.bytes)
    if (out.length > 0) yield out
  }
  ring.checkThrough(Number.POSITIVE_INFINITY)
}

function check(name: string, unit: string, got: number): void {
  if (!Number.isSafeInteger(got) || got < 1) {
    throw new RangeError(`iterate: ${name} must be a whole number of ${unit}, at least 1; got ${got}`)
  }
}
