import { resolve } from 'node:path'
import type { Text } from '../jobs/text.ts'
import { UsageError } from './exit.ts'
import type { SwarmChoice } from './swarm-options.ts'

/** The input of a peer that others feed. */
const NOTHING = 'none'

/** The text that --input names. */
export async function textOf({
  input,
  follow
}: {
  readonly input: string
  readonly follow: boolean
}): Promise<Text> {
  if (input === NOTHING) return { name: input, resumable: false, open: async function* () {} }
  const { lines } = await import('../sources/lines.ts')
  const isPath = input !== '-' && !/^[a-z]+:\/\//i.test(input)
  return {
    name: input === '-' ? 'standard input' : isPath ? resolve(input) : input,
    resumable: input !== '-',
    growing: follow,
    open: (from, signal) => lines(input, { from, signal, follow })
  }
}

/**
 * The part in the swarm that a peer with such an input takes: one without a text is fed.
 *
 * @throws UsageError where they do not fit together.
 */
export function partOf(
  { input, resume }: { readonly input: string; readonly resume: boolean },
  choice: SwarmChoice | undefined
): SwarmChoice | undefined {
  if (input === NOTHING) {
    if (choice === undefined)
      throw new UsageError('start: --input none reads nothing; give --swarm NAME, of peers with --shard feed')
    if (choice.shard !== 'feed' && choice.shard !== 'auto')
      throw new UsageError(
        'start: --input none has no lines of its own; leave out --shard, or give --shard feed'
      )
    return { ...choice, shard: 'fed' }
  }
  if (resume && choice?.shard === 'feed' && input !== '-')
    throw new UsageError(
      'start: --resume cannot tell which lines of a text were fed to others; leave out --shard feed, or give what is left to --input -'
    )
  return choice
}
