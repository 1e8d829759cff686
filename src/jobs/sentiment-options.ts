import type { AlarmRule } from '../dataflow/swarm-alarms.ts'
import { detectorNames } from '../drift/open.ts'
import { z } from './job.ts'

const positive = (what: string) => z.number().int().min(1).describe(what)

/** Where the labels are swapped: after so many tweets, or at a moment in ms. */
export type SwapPoint = { readonly tweets: number } | { readonly time: number }

/** The input of a job that is posted to. */
export const NO_INPUT = 'none'

/** Where the job listens. */
export interface ListeningPlace {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
}

const everyOption = z.object({
  input: z
    .string()
    .default(NO_INPUT)
    .describe(
      'tweets: a file, a directory, - for standard input, an http(s) address, or a ws(s) one, which sends JSON; none: what --listen-http takes'
    ),
  listenHttp: z
    .string()
    .transform(listeningPlace)
    .optional()
    .describe(
      'takes tweets that are posted to /ingest, as NDJSON, at that port, or HOST:PORT, of this machine; 0 is any that is free; without a host only programs of this machine can post'
    ),
  format: z
    .enum(['csv', 'ndjson'])
    .optional()
    .describe('what the input is, where its name does not end in .csv, .ndjson or .jsonl'),
  textColumn: z.string().default('text').describe('the column, or field, of the text'),
  labelColumn: z.string().default('label').describe('that of the label'),
  timeColumn: z
    .string()
    .default('time')
    .describe('that of the time: ISO 8601, or ms since 1970; for --replay and --swap-at'),
  labels: z
    .array(z.string())
    .min(2, 'give at least two')
    .refine(labels => new Set(labels).size === labels.length, 'give each once')
    .default(['negative', 'positive'])
    .describe('the labels there are; tweets with others are left out'),
  replay: z
    .string()
    .regex(/^\d+(\.\d+)?x$/, 'say how many times as fast as the tweets came, as in 1000x')
    .transform(text => Number.parseFloat(text))
    .refine(speed => speed > 0, 'must be above 0x')
    .optional()
    .describe('pace: so many times as fast as the tweets came, 1000x; default as fast as they are learned'),
  mode: z
    .enum(['when-needed', 'always', 'never'])
    .default('when-needed')
    .describe('when the model is trained'),
  detector: z.enum(detectorNames).default('optwin').describe('what finds drifts, in the errors'),
  reset: z.boolean().default(true).describe('at a drift, a new layer over the embeddings'),
  alarms: z
    .string()
    .default('any')
    .transform(alarmRule)
    .describe(
      'in a swarm, what makes all adapt: any alarm, or those of so many peers within so many seconds, as 2/60'
    ),
  swapAt: z
    .array(z.string().transform(swapPoint))
    .default([])
    .describe(
      'a drift for demonstrations: labels are swapped from then on, and back at the next; a number of tweets, or a time'
    ),
  swapTopic: z
    .array(z.string())
    .default([])
    .describe('swaps labels only in texts with one of these words; default all'),
  window: positive('tweets that the figures are over, the last ones').default(1000),
  every: positive('tweets from one line of figures to the next').default(1000),
  batch: positive('most tweets that are predicted before they are learned').default(32),
  predictions: z.boolean().default(false).describe('writes every tweet with its prediction, too'),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1)
    .describe('of the first embeddings')
})

/** The options of the sentiment job. */
export const sentimentOptions = everyOption.refine(
  ({ input, listenHttp }) => (input === NO_INPUT) !== (listenHttp === undefined),
  'give --input FILE, or --listen-http PORT, and not both'
)

export type SentimentOptions = z.output<typeof sentimentOptions>

function listeningPlace(text: string, context: z.RefinementCtx): ListeningPlace {
  const [, host = '127.0.0.1', digits = ''] = /^(?:\[?([^[\]]+?)\]?:)?(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits !== '' && port <= 65_535) return { host, port }
  context.addIssue({ code: 'custom', message: 'must be a port, as 8080, or HOST:PORT, as 0.0.0.0:8080' })
  return z.NEVER
}

function alarmRule(text: string, context: z.RefinementCtx): AlarmRule {
  if (text === 'any') return 'any'
  const [, peers = '', seconds = ''] = /^(\d{1,6})\/(\d{1,9}(?:\.\d+)?)$/.exec(text) ?? []
  const rule = { peers: Number(peers), within: Number(seconds) * 1000 }
  if (rule.peers >= 1 && rule.within > 0) return rule
  context.addIssue({ code: 'custom', message: 'must be any, or peers and seconds as 2/60' })
  return z.NEVER
}

function swapPoint(text: string, context: z.RefinementCtx): SwapPoint {
  if (/^\d+$/.test(text)) return { tweets: Number(text) }
  const time = Date.parse(text)
  if (!Number.isNaN(time)) return { time }
  context.addIssue({ code: 'custom', message: 'must be a number of tweets, or a time as 2009-05-18T12:00' })
  return z.NEVER
}
