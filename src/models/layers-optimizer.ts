import { dispose, type Optimizer, type Tensor, tensor, train, type Variable } from '@tensorflow/tfjs-core'

/** How the steps of one replica are made; its state stays with the replica. */
export type LayersOptimizer =
  | { readonly kind: 'sgd'; readonly rate: number }
  /** v = momentum · v + g; weights -= rate · v. `momentum` 0.9 by default. */
  | { readonly kind: 'momentum'; readonly rate: number; readonly momentum?: number }
  /** Kingma & Ba 2015, with their β₁ 0.9, β₂ 0.999, ε 1e-7. `rate` 0.001 by default. */
  | { readonly kind: 'adam'; readonly rate?: number }

/** What an optimiser remembers. */
export interface OptimizerState {
  readonly rate: number
  readonly boost: number
  readonly steps: number
  /** Its moments, in TensorFlow.js's order: one for each weight, with Adam two. */
  readonly moments: readonly Float32Array<ArrayBuffer>[]
  /** β₁ and β₂ to the power of the steps; only Adam has them. */
  readonly powers: Float32Array<ArrayBuffer>
}

/** What Adam keeps to itself. */
interface Adam {
  learningRate: number
  readonly accBeta1: Variable
  readonly accBeta2: Variable
}

/** An optimiser of TensorFlow.js whose rate may change between two steps. */
export class RatedOptimizer {
  readonly optimizer: Optimizer
  readonly #kind: LayersOptimizer['kind']
  #rate: number
  #boost = 1

  /** @throws RangeError where the rate is not above 0. */
  constructor(options: LayersOptimizer) {
    this.#kind = options.kind
    this.#rate = checkRate(options.rate ?? 0.001)
    switch (options.kind) {
      case 'sgd':
        this.optimizer = train.sgd(this.#rate)
        break
      case 'momentum':
        this.optimizer = train.momentum(this.#rate, options.momentum ?? 0.9)
        break
      case 'adam':
        this.optimizer = train.adam(this.#rate)
    }
  }

  get rate(): number {
    return this.#rate
  }

  set rate(value: number) {
    this.#rate = value
    this.#set()
  }

  /** Times the rate that steps are made at. */
  get boost(): number {
    return this.#boost
  }

  set boost(factor: number) {
    this.#boost = factor
    this.#set()
  }

  /** What to do where training diverges. */
  get advice(): string {
    return `lower the rate (now ${this.#rate * this.#boost}, ${this.#kind})`
  }

  async save(): Promise<OptimizerState> {
    const [steps, ...moments] = await this.optimizer.getWeights()
    dispose(steps.tensor)
    return {
      rate: this.#rate,
      boost: this.#boost,
      steps: this.optimizer.iterations,
      moments: await Promise.all(moments.map(({ tensor }) => copyOf(tensor))),
      powers: Float32Array.of(
        ...(await Promise.all(this.#powers.map(power => copyOf(power)))).map(([p]) => p)
      )
    }
  }

  /** Goes on with the moments of the weights that it steps. */
  async restore(
    { rate, boost, steps, moments, powers }: OptimizerState,
    weights: readonly { readonly shape: readonly (number | null)[] }[]
  ): Promise<void> {
    this.#rate = rate
    this.#boost = boost
    this.#set()
    const shapes = moments.map((_, i) => weights[i % weights.length].shape as number[])
    const tensors = [
      { name: 'iter', tensor: tensor(steps, [], 'int32') },
      ...moments.map((values, i) => ({ name: `moment ${i}`, tensor: tensor(values, shapes[i]) }))
    ]
    await this.optimizer.setWeights(tensors)
    for (const { tensor } of tensors) dispose(tensor)
    // Steps of their own: a power in one step is another number than a product of many.
    for (const [i, power] of this.#powers.entries()) {
      const exact = tensor(powers[i], [])
      power.assign(exact)
      dispose(exact)
    }
  }

  dispose(): void {
    this.optimizer.dispose()
    // Momentum's own leaves its rate behind.
    if (this.#kind === 'momentum') dispose((this.optimizer as unknown as { readonly c: Tensor }).c)
  }

  get #powers(): readonly Variable[] {
    if (this.#kind !== 'adam') return []
    const { accBeta1, accBeta2 } = this.#adam
    return [accBeta1, accBeta2]
  }

  get #adam(): Adam {
    return this.optimizer as unknown as Adam
  }

  #set(): void {
    const rate = this.#rate * this.#boost
    if (this.#kind === 'adam') this.#adam.learningRate = rate
    else (this.optimizer as ReturnType<typeof train.sgd>).setLearningRate(rate)
  }
}

/** @throws RangeError where it is none. */
export function checkRate(rate: number): number {
  if (rate > 0 && Number.isFinite(rate)) return rate
  throw new RangeError(`layers: the rate must be above 0; got ${rate}`)
}

/** @throws RangeError where it is none. */
export function checkBoost(factor: number): number {
  if (factor > 0 && Number.isFinite(factor)) return factor
  throw new RangeError(`layers: boost must be a number above 0; got ${factor}`)
}

async function copyOf(of: Tensor): Promise<Float32Array<ArrayBuffer>> {
  return Float32Array.from(await of.data<'float32'>())
}
