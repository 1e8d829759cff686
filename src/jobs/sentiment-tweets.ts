import { map } from '../dataflow/map.ts'
import { pipe } from '../dataflow/pipe.ts'
import { csv } from '../sources/csv.ts'
import { lines } from '../sources/lines.ts'
import { linesOf } from '../sources/memory.ts'
import { ndjson } from '../sources/ndjson.ts'
import { SourceError } from '../sources/source-error.ts'
import { webSocketSource } from '../sources/web-socket.ts'
import { chunksOf, stream } from '../stream.ts'
import type { Operator, Stream } from '../types.ts'
import { type ListeningPlace, NO_INPUT, type SentimentOptions } from './sentiment-options.ts'
import { sourceName } from './source-name.ts'

/** A short text with its label. */
export interface Tweet {
  readonly text: string
  readonly label: string
  /** ms since 1970; absent where nothing asks for it. */
  readonly time?: number
}

/** Records after which the options are likely wrong, where none of them is a tweet. */
const TRIED = 100

/**
 * The tweets of the job's input. What is none (no text, another label, no time where one is needed) is left out: `warn` hears of
 * the first, and at the end how many there were. Where none of the first 100 is a tweet, or none of fewer, the stream ends with what is
 * wrong with the first. Where tweets are posted, whoever posts what is none hears so instead, and it and what comes after it in the request
 * is not taken.
 *
 * @throws SourceError where the name of the input does not tell its format; the stream throws it where it cannot be read.
 */
export function tweetsOf(
  options: SentimentOptions,
  signal: AbortSignal,
  warn: (message: string) => void
): Stream<Tweet> {
  if (options.listenHttp !== undefined) return postedTweets(options, options.listenHttp, signal, warn)
  let good = 0
  let left = 0
  let first: string | undefined
  const refused = () => new SourceError(`sentiment: ${options.input}: ${first}`)
  const as = (value: unknown) => {
    const tweet = tweetOf(value, options)
    good++
    return tweet
  }
  let told = false
  const onError = (_record: string, error: SourceError) => {
    first ??= saidOf(error)
    if (++left >= TRIED && good === 0) throw refused()
    if (good > 0 && !told) {
      told = true
      warn(`sentiment: left out: ${first}`)
    }
  }
  const tweets = opened(options, { as, onError, signal })
  return stream(async function* () {
    try {
      yield* chunksOf(tweets)
    } catch (error) {
      // Not what the source says of `onError`.
      throw good === 0 && left >= TRIED ? refused() : error
    }
    if (left > 0 && good === 0) throw refused()
    if (left > 1) warn(`sentiment: ${left} records were left out`)
  })
}

/** Keeps of tweets that several peers read those that are this peer's, with an operator that does so for lines. */
export function ownTweets(shard: Operator<string, string>): Operator<Tweet, Tweet> {
  return tweets =>
    pipe(
      tweets,
      map((tweet: Tweet) => JSON.stringify(tweet)),
      shard,
      map((line: string) => JSON.parse(line) as Tweet)
    )
}

/** What peers that read the same tweets call them; empty for what comes to this peer alone. */
export async function tweetsName({ input }: Pick<SentimentOptions, 'input'>): Promise<string> {
  if (input === '-' || input === NO_INPUT || isWebSocket(input)) return ''
  // What a server sends may not have come yet.
  return await sourceName(/^https?:/.test(input) ? linesOf([input]) : lines(input))
}

function postedTweets(
  options: SentimentOptions,
  place: ListeningPlace,
  signal: AbortSignal,
  warn: (message: string) => void
): Stream<Tweet> {
  return stream(async function* () {
    // Nothing of a server is loaded where a page runs the job on other inputs.
    const { httpIngest } = await import('../sources/server-ingest.ts')
    const tweets = httpIngest({ ...place, as: value => tweetOf(value, options), signal })
    tweets.listening.then(
      ({ url }) => warn(`sentiment: tweets are taken at ${url}/ingest`),
      () => {} // the stream says why
    )
    yield* chunksOf(tweets)
  })
}

function opened(
  { input, format = formatOf(input) }: SentimentOptions,
  reading: {
    readonly as: (value: unknown) => Tweet
    readonly onError: (record: string, error: SourceError) => void
    readonly signal: AbortSignal
  }
): Stream<Tweet> {
  if (isWebSocket(input)) return webSocketSource(input, reading)
  if (format === 'ndjson') return ndjson(input, reading)
  return csv<false, Tweet>(input, reading)
}

/** What is wrong with a record, and which option may be. */
class NoTweetError extends Error {}

/** Without what a source says of its own options. */
function saidOf({ message, cause }: Error): string {
  return cause instanceof NoTweetError ? cause.message : message
}

function isWebSocket(input: string): boolean {
  return /^wss?:/.test(input)
}

function formatOf(input: string): 'csv' | 'ndjson' {
  if (isWebSocket(input)) return 'ndjson'
  const [, ending] = /\.(csv|ndjson|jsonl)(?:\.gz|\.zst)?$/i.exec(input) ?? []
  if (ending === undefined) {
    throw new SourceError(
      `sentiment: ${input} does not say whether it is CSV or NDJSON; give --format csv or --format ndjson`
    )
  }
  return ending.toLowerCase() === 'csv' ? 'csv' : 'ndjson'
}

function tweetOf(
  value: unknown,
  { textColumn, labelColumn, timeColumn, labels, replay, swapAt }: SentimentOptions
): Tweet {
  const fields: Readonly<Record<string, unknown>> =
    typeof value === 'object' && value !== null ? { ...value } : {}
  const text = fields[textColumn]
  if (typeof text !== 'string')
    throw new NoTweetError(`the text must be in ${textColumn}, and is not there; give --text-column`)
  const label = String(fields[labelColumn])
  if (!labels.includes(label)) {
    throw new NoTweetError(
      `the label in ${labelColumn} must be one of ${labels.join(', ')}; got ${label}; give --label-column and --labels`
    )
  }
  if (replay === undefined && !swapAt.some(point => 'time' in point)) return { text, label }
  return { text, label, time: timeOf(fields[timeColumn], timeColumn) }
}

function timeOf(value: unknown, column: string): number {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value))
  const time = isNumber ? Number(value) : Date.parse(String(value))
  if (Number.isFinite(time)) return time
  throw new NoTweetError(
    `the time in ${column} must be ISO 8601 or ms since 1970; got ${String(value)}; give --time-column`
  )
}
