import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BATCH_SLOTS, type Device, type Table } from '../kernels/contract.ts'
import { evaluateWordPairs } from '../src/models/evaluate.ts'
import { sortedWordVectors } from '../src/models/word-vectors.ts'
import type { ResolvedOptions } from '../src/models/word2vec-options.ts'
import { root } from './machine.ts'
import type { SlotText } from './merging-text.ts'
import { hasWordSets } from './quality.ts'

/** What a model is worth. */
export interface Judgement {
  /** The mean loss of a context in lines that nobody trained on, as training reports it; 99 where it is more, or not a number. */
  readonly loss: number
  /** Spearman's rho on WordSim-353 and SimLex-999; 0 where it cannot be told. */
  readonly ws353: number
  readonly simlex999: number
}

export interface Judge {
  /** Judges the weights of a pair of tables (input, output), which it only reads. */
  judge(tables: readonly [Table, Table]): Promise<Judgement>
  close(): Promise<void>
}

// Negatives and subsampling differ from pass to pass, so that the text is worth more measurements.
const PASSES = 4
const ROWS_A_SLICE = 4096

/** Opens a judge: a model of its own that the weights are copied to, and that trains with rate 0. */
export async function openJudge(device: Device, text: SlotText, options: ResolvedOptions): Promise<Judge> {
  const { dim, window, negatives } = options
  const { vocabulary, sampling, heldOut } = text
  const capacity = vocabulary.size
  const input = await device.createTable({ name: 'input', capacity, dim, init: 'zero' })
  const output = await device.createTable({ name: 'output', capacity, dim, init: 'zero' })
  const optimizer = { kind: 'adagrad', initial: { input: 1, output: 1 } } as const
  const skipGram = await device.createSkipGram({ input, output, window, negatives, optimizer })
  await skipGram.setSampling(sampling)

  const heldOutLoss = async () => {
    await skipGram.loss()
    for (let pass = 0; pass < PASSES; pass++) {
      for (let from = 0; from < heldOut.length; from += BATCH_SLOTS) {
        const slots = heldOut.subarray(from, from + BATCH_SLOTS)
        await skipGram.train({ slots, key: pass * 0x10000 + from / BATCH_SLOTS, rate: 0 })
      }
    }
    await skipGram.drain()
    const { sum, contexts } = await skipGram.loss()
    const loss = sum / contexts
    return loss < 99 ? loss : 99
  }

  return {
    async judge([fromInput, fromOutput]) {
      for (const [from, to] of [
        [fromInput, input],
        [fromOutput, output]
      ] as const) {
        for (let first = 0; first < capacity; first += ROWS_A_SLICE) {
          const count = Math.min(ROWS_A_SLICE, capacity - first)
          await to.write('weights', first, await from.read('weights', first, count))
        }
      }
      const vectors = await sortedWordVectors(vocabulary.texts, vocabulary.counts, dim, (first, count) =>
        input.read('weights', first, count)
      )
      const rho = (name: string) => {
        if (!hasWordSets()) return 0
        const pairs = readFileSync(join(root, '../shared/data/wordsets', name), 'utf8')
        return evaluateWordPairs(vectors, pairs).rho || 0
      }
      return { loss: await heldOutLoss(), ws353: rho('ws353.txt'), simlex999: rho('simlex999.txt') }
    },

    async close() {
      await skipGram.destroy()
      input.destroy()
      output.destroy()
    }
  }
}
