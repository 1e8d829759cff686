// One training run in a process of its own, so that its memory is its own: node word2vec-job.ts JOB, where JOB is a WordJob
// as JSON. Prints a WordJobResult. What it does, a user of the library can do: lines → tokenize → train.

import {
  lines,
  openDevice,
  pipe,
  type Replica,
  tokenize,
  train,
  type Word2VecOptions,
  word2vec
} from '../src/index.ts'
import { chunksOf } from '../src/stream.ts'
import { writeVectors } from './vectors.ts'

export interface WordJob {
  readonly corpus: string
  readonly device: 'wasm' | 'webgpu'
  readonly threads: number
  readonly options: Word2VecOptions
  /** Whether the vocabulary is counted in a pass of its own first. */
  readonly scan: boolean
  /** Where to leave the vectors. */
  readonly vectors: string
}

export interface WordJobResult {
  readonly device: string
  /** From the first chunk given to the replica to the last trained. */
  readonly trainSeconds: number
  /** From the start of the process to the last trained. */
  readonly runSeconds: number
  /** Mean losses, of one span of time after the other. */
  readonly losses: readonly number[]
  /** Mean loss over the whole text. */
  readonly loss: number
  readonly vocabulary: number
  /** The most memory this process has had, export included, in 10^6 bytes. */
  readonly peakRssMb: number
}

const job = JSON.parse(process.argv[2] ?? '') as WordJob
const { device } = await openDevice(job.device, { threads: job.threads })
const model = await word2vec(device, job.options)
if (job.scan) {
  for await (const chunk of chunksOf(pipe(lines(job.corpus), tokenize()))) await model.scan(chunk)
}

let start = Number.NaN
let end = Number.NaN
const timed: Replica<string[]> = {
  train(chunk) {
    if (Number.isNaN(start)) start = performance.now()
    return model.train(chunk)
  },
  async drain() {
    await model.drain()
    end = performance.now()
  },
  progress: () => model.progress()
}

const losses: number[] = []
for await (const { loss } of pipe(lines(job.corpus), tokenize(), train(timed, { every: 1000 }))) {
  if (!Number.isNaN(loss)) losses.push(loss)
}

writeVectors(job.vectors, await model.vectors())
const result: WordJobResult = {
  device: device.name,
  trainSeconds: (end - start) / 1000,
  // performance.now() counts from the start of the process.
  runSeconds: end / 1000,
  losses,
  loss: await model.loss(),
  vocabulary: model.counts.vocabulary,
  peakRssMb: (process.resourceUsage().maxRSS * 1024) / 1e6
}
await model.close()
await device.close()
console.log(JSON.stringify(result))
