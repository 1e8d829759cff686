// What a user's module makes: a job, for `tensair start ./my-job.ts`.

import type { z } from 'zod'
import type { Sharing } from '../dataflow/share.ts'
import type { Held, Operator, SharedReplica, Swarm } from '../types.ts'
import type { Computing } from './model-device.ts'

export { z } from 'zod'

/** A model that a job trains, alone or with the other peers of its swarm; `word2vec()` and `layersModel()` give one. */
export interface JobModel {
  readonly shared: JobReplica
  /** What a model that was saved in a swarm, and goes on in one, has of that; see `Held`. Default: nothing. */
  readonly held?: Held | undefined
  close(): Promise<void>
}

/** A job's model as a swarm sees it. */
export interface JobReplica extends SharedReplica {
  /** Hears this peer's id: random numbers are to differ by peer. */
  drawApart?(peer: string): void
  /** Of a model whose rows are all there from the start: a digest of what they begin with, which peers must have the same. */
  readonly fingerprint?: string
  /** Items trained between two packs, where the user says nothing and that costs little time. Default as in `share`. */
  readonly packEvery?: number
  /** Makes the model, which learns in finer steps than peers exchange, exactly what they have agreed on: comes once all have. */
  settle?(): Promise<void>
}

/** What a job's model is opened with; a device that it opens is closed with the job. */
export interface ModelContext<Options> extends Computing {
  readonly options: Options
  /** Whether the job runs in a swarm. */
  readonly shared: boolean
  /** Tells the user something in one line. */
  readonly warn: (message: string) => void
}

/** What a job's flow is made with. */
export interface FlowContext<Options, Model> {
  readonly options: Options
  /** What the job's `model` opened; undefined where it has none. */
  readonly model: Model
  /** Undefined where the job runs alone. */
  readonly swarm: Swarm | undefined
  /** Aborts when the flow is to end: at Ctrl-C, at `--until`. Give it to what the flow reads: `lines(file, { signal })`. */
  readonly signal: AbortSignal
  /**
   * The same signal, for flows that take leave of other peers: `exchange(swarm, { key, leaving })`. A flow that has asked for it
   * is then read to its end, for 10 s at most, where others are closed; so what it still has goes to the peers that stay.
   */
  readonly leaving: AbortSignal
  /**
   * Counts the items that pass it, for the progress and for `--until`; without it, those that the flow emits are counted. For
   * flows that end in a sink. To be called while the flow is made: once it is read, what it emits is counted already.
   */
  readonly counted: <Item>(items: AsyncIterable<Item>) => AsyncIterable<Item>
  /**
   * Makes a replica share what it learns with the swarm, as `share` does; alone, it is as it was. For `train(share(model))`,
   * `evaluate(share(model), …)`. What is left is let out when the flow has ended.
   */
  readonly share: Sharing
  /**
   * Keeps the lines that are this peer's, by `--shard`: where the job names its `source`, its share among the peers that read the
   * same. Alone, all.
   */
  readonly shard: Operator<string, string>
  /** Tells the user something in one line. */
  readonly warn: (message: string) => void
}

/** What is there when a job's flow has ended. The peer has left its swarm; `signal` has aborted where the flow was interrupted. */
export type FinishContext<Options, Model> = Pick<
  FlowContext<Options, Model>,
  'options' | 'model' | 'swarm' | 'signal'
>

/** A job: options with a schema, perhaps a model, and a flow. `model` stands before `flow`, so that its type is known there. */
export interface JobDefinition<
  Schema extends z.ZodObject = z.ZodObject,
  Model extends JobModel | undefined = JobModel | undefined
> {
  /** Letters, digits, `.`, `_` and `-`. Peers of one swarm run jobs of the same name. */
  readonly name: string
  /** One sentence for `--help`. */
  readonly description?: string
  /** Each becomes an option of the command line: `minCount` is `--min-count`. Texts, numbers, booleans, choices, and lists of them. */
  readonly options?: Schema
  /**
   * The option that names the folder which the job saves in; only one process uses it at a time. Peers that are started alike, without
   * that option, take the next free of …, …-2, …-3; where there is an option `resume` and it is given, the next that holds a model.
   */
  readonly output?: keyof z.output<Schema> & string
  /** What the peers of a swarm must have the same, beside the job's name and the shapes of its model's tables. Default: nothing. */
  agree?(options: z.output<Schema>): Readonly<Record<string, unknown>>
  /** What peers that read the same input call it, for `shard`. Default: each reads its own. */
  source?(options: z.output<Schema>): string | Promise<string>
  /** Whether `shard` is given the lines that the peer reads, so that `--shard feed` may hand them to others. Default true. */
  readonly feeds?: boolean
  /** Opens the model; it is closed when the job is over. */
  model?(context: ModelContext<z.output<Schema>>): Promise<Model>
  /**
   * Makes the flow. A stream is read to its end, and what it emits is written out. What can be awaited (a sink, `train`) is
   * awaited, and what it comes to is not written, unless it is a stream.
   */
  flow(context: FlowContext<z.output<Schema>, Model>): AsyncIterable<unknown> | PromiseLike<unknown>
  /**
   * Runs once the flow has ended and all peers have the same model, before that is closed: to save it, to ask it. What a stream emits
   * is written out, as of the flow, and is not counted.
   */
  finish?(context: FinishContext<z.output<Schema>, Model>): AsyncIterable<unknown> | PromiseLike<unknown>
}

/** A job, whatever its options and its model are. */
export type Job = JobDefinition

/**
 * Defines a job; a module that `tensair start` is to run exports it as its default.
 *
 * @throws TypeError where the definition is none.
 */
export function defineJob<
  Schema extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Model extends JobModel | undefined = undefined
>(definition: JobDefinition<Schema, Model>): JobDefinition<Schema, Model> {
  checkJob(definition)
  return definition
}

/** @throws TypeError, which says what is wrong, where a value is no job. */
export function checkJob(value: unknown): asserts value is Job {
  if (typeof value !== 'object' || value === null) throw new TypeError(`wanted a job; got ${kindOf(value)}`)
  const job: Partial<Record<keyof Job, unknown>> = value
  const { name } = job
  if (typeof name !== 'string' || !/^[\w-][\w.-]{0,63}$/.test(name)) {
    throw new TypeError(
      `defineJob: name must be 1 to 64 letters, digits, '.', '_' or '-'; got ${JSON.stringify(name) ?? kindOf(name)}`
    )
  }
  if (typeof job.flow !== 'function') {
    throw new TypeError(`defineJob: ${name}: flow must be a function; got ${kindOf(job.flow)}`)
  }
  for (const part of ['agree', 'source', 'model', 'finish'] as const) {
    if (job[part] !== undefined && typeof job[part] !== 'function')
      throw new TypeError(`defineJob: ${name}: ${part} must be a function; got ${kindOf(job[part])}`)
  }
  if (job.output !== undefined && !(isSchema(job.options) && String(job.output) in job.options.shape))
    throw new TypeError(
      `defineJob: ${name}: output must be the name of one of its options; got ${JSON.stringify(job.output)}`
    )
  if (job.options !== undefined && !isSchema(job.options))
    throw new TypeError(`defineJob: ${name}: options must be z.object({ … }); got ${kindOf(job.options)}`)
}

// Not by its class: a user's project may have a zod of its own.
function isSchema(value: unknown): value is { readonly shape: object } {
  return typeof value === 'object' && value !== null && 'shape' in value && 'safeParseAsync' in value
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  return typeof value === 'object' ? 'another object' : `a ${typeof value}`
}
