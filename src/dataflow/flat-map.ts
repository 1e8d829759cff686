import { chunksOf, stream } from '../stream.ts'
import type { Chunk } from '../types.ts'
import { isPromise } from './call.ts'
import { type FailureOptions, Failures, type FallibleOperator, fallible } from './failures.ts'
import { itemLoop, type Run, type Steps } from './item-loop.ts'

/** Items gathered before they are handed on, however many one item becomes. */
const GATHERED = 8192

type Many<Out> = Iterable<Out> | AsyncIterable<Out>

/**
 * Replaces each item by all items of `expand(item)`, in order: none, some, or a stream of them.
 *
 * What one item becomes is taken as it is needed and may be endless. An item of a stream, or an answer that is awaited,
 * is handed on before more is taken; the rest goes on in chunks. A position is that of the item all of which is out. A
 * reader that stops closes what is open.
 *
 * An item for which `expand`, or what it answered, fails goes by `onError`; where that does not end the flow, what came of
 * the item before it failed stays, and the rest is left out.
 *
 * @throws Error naming the item, counted from 0, when `expand` or what it answered throws; its error is the cause.
 */
export function flatMap<In, Out>(
  expand: (item: In) => Many<Out> | Promise<Many<Out>>,
  { onError }: FailureOptions<In> = {}
): FallibleOperator<In, Out> {
  const failures = new Failures('flatMap', onError)
  return fallible(failures, items => stream(() => itemLoop(chunksOf(items), stepsOf(expand), failures)))
}

type Answer<Out> = Many<Out> | Promise<Many<Out>>

/** Arrays that are there are taken at once; what must be awaited, or may be much, is settled. */
function stepsOf<In, Out>(expand: (item: In) => Answer<Out>): Steps<In, Out, Answer<Out>> {
  return {
    most: GATHERED,
    goOn(run) {
      const { items, out } = run
      for (; run.at < items.length; run.at++) {
        const answer = expand(items[run.at] as In)
        if (!Array.isArray(answer) || answer.length > GATHERED) {
          run.answer = answer
          return
        }
        for (let i = 0; i < answer.length; i++) out.push(answer[i] as Out)
        if (out.length >= GATHERED) return
      }
    },
    settle: handedOut
  }
}

/** Adds what an answer has to what is gathered, and hands out what is enough of it. */
async function* handedOut<In, Out>(
  run: Run<In, Out, Answer<Out>>,
  answer: Answer<Out>
): AsyncGenerator<Chunk<Out>> {
  const many = isPromise(answer) ? await answer : answer
  if (isAsync(many)) {
    if (run.out.length > 0) yield run.out
    run.out = []
    // As plain items: their positions are places in another source.
    for await (const inner of chunksOf(many)) yield Array.from(inner)
    return
  }
  for (const one of many) {
    run.out.push(one)
    if (run.out.length < GATHERED) continue
    yield run.out
    run.out = []
  }
}

function isAsync<Out>(many: Many<Out>): many is AsyncIterable<Out> {
  return (many as AsyncIterable<Out>)[Symbol.asyncIterator] !== undefined
}
