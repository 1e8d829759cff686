import {
  BATCH_SLOTS,
  type Device,
  type PackedRows,
  type RowIncrements,
  type Sampling,
  type SkipGram,
  type Table
} from '../kernels/contract.ts'
import type { Vocabulary } from '../src/models/vocabulary.ts'
import type { ResolvedOptions } from '../src/models/word2vec-options.ts'
import type { RowState, Rule, Weights } from './merging-rules.ts'
import { countWords } from './merging-text.ts'

/** What a pack holds, one part for each table. */
export type Pack = readonly RowIncrements[]

/** One of several replicas on one device, with a shard of the text to itself. */
export class Peer {
  readonly tables: readonly [input: Table, output: Table]
  readonly number: number
  /** Words trained since the last pack; begins below 0 or above, as the phase has it. */
  wordsSincePack: number
  words = 0
  readonly #device: Device
  readonly #skipGram: SkipGram
  readonly #rule: Rule
  readonly #options: ResolvedOptions
  readonly #shard: Uint32Array
  /** m of each row of the tables, which is not the multiplier where a rule says what that is. */
  readonly #estimates: readonly Float32Array[]
  #at = 0
  #batches = 0

  private constructor(parts: {
    device: Device
    tables: readonly [Table, Table]
    skipGram: SkipGram
    rule: Rule
    options: ResolvedOptions
    shard: Uint32Array
    number: number
    phase: number
    replicas: number
  }) {
    this.tables = parts.tables
    this.wordsSincePack = parts.phase
    this.#device = parts.device
    this.#skipGram = parts.skipGram
    this.#rule = parts.rule
    this.#options = parts.options
    this.#shard = parts.shard
    this.number = parts.number
    this.#estimates = parts.tables.map(table => new Float32Array(table.capacity).fill(parts.replicas))
  }

  /** `number` sets it apart in its random numbers; `phase`: words it counts as trained already when its first interval begins. All in all `replicas` train. */
  static async open(
    device: Device,
    vocabulary: Vocabulary,
    sampling: Sampling,
    options: ResolvedOptions,
    rule: Rule,
    {
      shard,
      number,
      phase,
      replicas
    }: { shard: Uint32Array; number: number; phase: number; replicas: number }
  ): Promise<Peer> {
    const { dim, window, negatives, spread, inputAccumulator, outputAccumulator } = options
    const capacity = vocabulary.size
    const input = await device.createTable({ name: 'input', capacity, dim, init: 'uniform', spread })
    const output = await device.createTable({ name: 'output', capacity, dim, init: 'zero' })
    const keys = vocabulary.keys(0, capacity)
    const unknown = { contributions: replicas - 1, m: replicas, way: 0 }
    const multiplier = rule.weights?.multiplier(unknown) ?? replicas
    input.initRows(0, keys, multiplier)
    output.initRows(0, keys, multiplier)
    const initial = { input: inputAccumulator, output: outputAccumulator }
    const optimizer = { kind: 'adagrad', initial } as const
    const skipGram = await device.createSkipGram({ input, output, window, negatives, optimizer })
    await skipGram.setSampling(sampling)
    return new Peer({
      device,
      tables: [input, output],
      skipGram,
      rule,
      options,
      shard,
      number,
      phase,
      replicas
    })
  }

  get finished(): boolean {
    return this.#at === this.#shard.length
  }

  /** Trains one batch. */
  async train(): Promise<void> {
    const slots = this.#shard.subarray(this.#at, this.#at + BATCH_SLOTS)
    this.#at += slots.length
    const key = batchKey(this.#options.seed, this.number, this.#batches++)
    await this.#skipGram.train({ slots, key, rate: this.#options.rate })
    await this.#skipGram.drain()
    const words = countWords(slots)
    this.words += words
    this.wordsSincePack += words
  }

  /** What the others are to add; all in all `replicas` train. */
  async pack(replicas: number): Promise<Pack> {
    const parts: RowIncrements[] = []
    for (const [i, table] of this.tables.entries()) parts.push(await this.#packTable(table, i, replicas))
    return parts
  }

  async apply(pack: Pack): Promise<void> {
    for (const [i, table] of this.tables.entries()) {
      const part = pack[i]
      if (part !== undefined) await this.#device.apply(table, part)
    }
  }

  async close(): Promise<void> {
    await this.#skipGram.destroy()
    for (const table of this.tables) table.destroy()
  }

  async #packTable(table: Table, index: number, replicas: number): Promise<RowIncrements> {
    const { weights, fresh } = this.#rule
    const packed =
      weights === undefined
        ? await this.#device.pack(table, table.capacity, replicas)
        : await this.#packBy(weights, table, index, replicas)
    if (fresh) await table.write('contributions', 0, new Uint32Array(table.capacity))
    return incrementsOf(packed)
  }

  /** Packs with contributions that a rule has counted, and sets the multipliers that follow. */
  async #packBy(weights: Weights, table: Table, index: number, replicas: number): Promise<PackedRows> {
    const estimates = this.#estimates[index] ?? new Float32Array()
    const { rate, inputAccumulator, outputAccumulator } = this.#options
    const initial = index === 0 ? inputAccumulator : outputAccumulator
    const contributions = await table.read('contributions', 0, table.capacity)
    const hits = await table.read('hits', 0, table.capacity)
    const multipliers = await table.read('multiplier', 0, table.capacity)
    const accumulators = await table.read('accumulator', 0, table.capacity)
    const state = (row: number): RowState => {
      const others = Math.min(contributions[row] ?? 0, replicas - 1)
      const m = ((estimates[row] ?? 1) + 1 + others) / 2
      const root = Math.sqrt(initial + (accumulators[row] ?? 0))
      return { contributions: others, m, way: (m * rate * (hits[row] ?? 0)) / root }
    }
    const counted = contributions.map((others, row) =>
      others > 0 ? Math.round(weights.counted(state(row))) : 0
    )
    await table.write('contributions', 0, counted)
    const packed = await this.#device.pack(table)
    for (const row of packed.rows) {
      const packedRow = state(row)
      multipliers[row] = weights.multiplier(packedRow)
      estimates[row] = packedRow.m
      contributions[row] = 0
    }
    await table.write('multiplier', 0, multipliers)
    await table.write('contributions', 0, contributions)
    return packed
  }
}

function incrementsOf({ rows, shifts, values, accumulators }: PackedRows): RowIncrements {
  return { rows, increments: values, shifts, accumulators, counts: new Uint32Array(rows.length).fill(1) }
}

function batchKey(seed: number, peer: number, batch: number): number {
  return mix(mix(mix(seed) + peer) + batch)
}

/** The contract's mix. */
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return (x ^ (x >>> 15)) >>> 0
}
