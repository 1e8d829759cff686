import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, InvalidArgumentError, type Option } from 'commander'
import { SHARE_WORDS } from '../dataflow/share.ts'
import type { AddressUse } from '../net/node-addresses.ts'
import { describe, UsageError } from './exit.ts'
import { unlessGiven, whole } from './options.ts'

/**
 * Which lines of its input a peer trains: its share among the peers that read the same, one of `count` equal parts (from 1), or all;
 * or those that a peer feeds to others, or one that reads nothing is fed.
 */
export type ShardChoice =
  | 'auto'
  | 'none'
  | 'feed'
  | 'fed'
  | { readonly index: number; readonly count: number }

/** Where the status is served; port 0 is any. */
export interface MetricsChoice {
  readonly host: string
  readonly port: number
}

/** What a peer of a swarm was asked to be; everything in it has been checked. */
export interface SwarmChoice {
  readonly name: string
  /** Pre-shared key, as libp2p wants it; absent for an open swarm. */
  readonly psk?: Uint8Array
  readonly bootstrap: readonly string[]
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  readonly mdns: boolean
  readonly shard: ShardChoice
  readonly metrics: MetricsChoice
  /** Words trained between two packs; absent where time decides. */
  readonly exchangeEvery?: number
  /** Folder of what the peer keeps: its identity, and where its status is served. */
  readonly state: string
}

const LISTEN = '/ip4/0.0.0.0/tcp/0'
const LOOPBACK = '127.0.0.1'
/** Bytes there are in a hello for the swarm's name. */
const NAME_BYTES = 256

/** The options' values, by commander's names. */
interface Values {
  readonly swarm?: string
  readonly swarmKey?: string
  readonly bootstrap?: readonly string[]
  readonly listen?: readonly string[]
  readonly announce?: readonly string[]
  readonly mdns: boolean
  readonly shard?: ShardChoice
  readonly metrics?: MetricsChoice
  readonly exchangeEvery?: number
  readonly state?: string
}

/** The folder in which a peer keeps what it needs to be the same peer again, unless told otherwise. */
export function stateFolder(output: string): string {
  return join(output, 'peer')
}

/**
 * The options of a command that can be a peer of a swarm; without --swarm none of them may be given. `state` says where the
 * peer keeps its identity unless told otherwise.
 */
export function swarmOptions(state = 'peer, in the folder of --output'): readonly Option[] {
  return [
    unlessGiven('--swarm <name>', 'train together with the peers of this swarm', 'train alone').argParser(
      swarmName
    ),
    unlessGiven('--swarm-key <file>', 'let in only peers with the same key (tensair keygen)', 'all'),
    repeatable('--bootstrap <address>', 'a peer to begin with, with its /p2p/ id', 'none'),
    repeatable('--listen <address>', 'where to listen', LISTEN),
    repeatable('--announce <address>', 'what others are told to dial', 'where it listens'),
    unlessGiven('--no-mdns', 'look for no peers on the local network', 'look for them'),
    unlessGiven(
      '--shard <part>',
      'lines to train: auto divides them among the peers that read the same text, i/n takes part i of n, none takes all, feed gives them to whichever peer with feed has room',
      'auto'
    ).argParser(shardChoice),
    unlessGiven(
      '--metrics <port>',
      'where to serve /metrics and /status, or HOST:PORT',
      `any port of ${LOOPBACK}`
    ).argParser(metricsChoice),
    unlessGiven(
      '--exchange-every <words>',
      'words, or images or whatever the job trains, between two packs',
      `what suits the model, ${SHARE_WORDS} where it is words; more where packs would cost much time`
    ).argParser(whole(1)),
    unlessGiven('--state <folder>', 'where the peer keeps its identity', state)
  ]
}

/**
 * What a command line says of a swarm; undefined where it names none. The key file is read, the addresses are parsed.
 * @throws UsageError in one line, where something is not what it should be or is given without --swarm
 */
export async function swarmChoice(command: Command, output: string): Promise<SwarmChoice | undefined> {
  const values = command.opts<Values>()
  const { bootstrap = [], listen = [LISTEN], announce = [] } = values
  if (values.swarm === undefined) {
    const given = swarmOptions().find(
      option => command.getOptionValueSource(option.attributeName()) === 'cli'
    )
    if (given === undefined) return undefined
    throw new UsageError(`start: ${given.long} needs a swarm; give --swarm NAME`)
  }
  const { parseAddress } = await import('../net/node-addresses.ts')
  const check = (use: AddressUse, addresses: readonly string[]) => {
    for (const address of addresses) asUsage('--', () => parseAddress(use, address))
  }
  check('bootstrap', bootstrap)
  check('listen', listen)
  check('announce', announce)
  const { swarmKey } = values
  return {
    name: values.swarm,
    ...(swarmKey !== undefined && { psk: await readKey(swarmKey) }),
    bootstrap,
    listen,
    announce,
    mdns: values.mdns,
    shard: values.shard ?? 'auto',
    metrics: values.metrics ?? { host: LOOPBACK, port: 0 },
    ...(values.exchangeEvery !== undefined && { exchangeEvery: values.exchangeEvery }),
    state: values.state ?? stateFolder(output)
  }
}

function repeatable(flags: string, description: string, rule: string): Option {
  return unlessGiven(flags, `${description}; can be given again`, rule).argParser(
    (value: string, before: readonly string[] | undefined) => [...(before ?? []), value]
  )
}

function swarmName(text: string): string {
  const size = Buffer.byteLength(text)
  if (size > 0 && size <= NAME_BYTES) return text
  throw new InvalidArgumentError(`Wanted a name, at most ${NAME_BYTES} bytes.`)
}

function shardChoice(text: string): ShardChoice {
  if (text === 'auto' || text === 'none' || text === 'feed') return text
  const [index = 0, count = 0] = /^\d{1,6}\/\d{1,6}$/.test(text) ? text.split('/').map(Number) : []
  if (index >= 1 && index <= count) return { index, count }
  throw new InvalidArgumentError('Wanted auto, none, feed, or a part as 1/3, 2/3 or 3/3.')
}

function metricsChoice(text: string): MetricsChoice {
  const [, bracketed, named, digits = ''] =
    /^(?:(?:\[([\da-f:.]+)\]|([^:[\]/\s]+)):)?(\d{1,5})$/i.exec(text) ?? []
  const port = digits === '' ? Number.NaN : Number(digits)
  if (port <= 65_535) return { host: bracketed ?? named ?? LOOPBACK, port }
  throw new InvalidArgumentError('Wanted a port from 0 to 65535, or HOST:PORT.')
}

async function readKey(file: string): Promise<Uint8Array> {
  const text = await readFile(file, 'utf8').catch(cause => {
    throw new UsageError(
      `start: --swarm-key: ${file} cannot be read (${describe(cause)}); tensair keygen makes one`,
      {
        cause
      }
    )
  })
  const { parseSwarmKey } = await import('../net/node-swarm-key.ts')
  return asUsage(`--swarm-key ${file}: `, () => parseSwarmKey(text))
}

/** `where` goes before what was thrown, which begins with what it is about. */
function asUsage<Result>(where: string, act: () => Result): Result {
  try {
    return act()
  } catch (cause) {
    throw new UsageError(`start: ${where}${describe(cause)}`, { cause })
  }
}
